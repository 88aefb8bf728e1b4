// LemonLDAP::NG of Debian: its portal on a free port, with files of its own and its demonstration users.

import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { folder, freePort, get, outcome, plainEnvironment, start, until } from '../lib/harness.mjs';

const SHARE = '/usr/share/lemonldap-ng';

/** The API that tokens are for, where their client's options say so. */
export const AUDIENCE = 'https://api.example/';
const SECRET = 'no secret, but long enough';

/**
 * Starts the portal for these clients: a client id, and what differs from the options that all have.
 * The key that signs has no `kid`, as the server has it until keys are first rotated.
 */
export async function lemonldap(clients) {
  const cwd = await folder();
  const url = `http://127.0.0.1:${await freePort()}`;
  for (const name of ['conf', 'cache', ...STORES.flatMap((it) => [it, `${it}/lock`])]) {
    await mkdir(join(cwd, name));
  }
  const ini = join(cwd, 'lemonldap-ng.ini');
  await writeFile(ini, settings(cwd));
  await writeFile(join(cwd, 'conf/lmConf-1.json'), JSON.stringify(configuration(cwd, url, clients)));

  const env = plainEnvironment({ LLNG_DEFAULTCONFFILE: ini });
  const { port } = new URL(url);
  const portal = start(
    'plackup', ['-E', 'deployment', '-o', '127.0.0.1', '-p', port, `${SHARE}/portal/htdocs/index.psgi`],
    { env },
  );
  const keys = async () => (await get(`${url}/oauth2/jwks`)).json().keys;
  await until('the portal serves', async () => {
    if (portal.hasEnded()) throw new Error(portal.log());
    return keys();
  });

  /** The answer of the token endpoint. */
  const tokens = async (client, form) => {
    const answer = await get(`${url}/oauth2/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ client_id: client, client_secret: SECRET, ...form }).toString(),
    });
    if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text} ${portal.log()}`);
    return answer.json();
  };
  const machineToken = async (client, scope = 'read:messages') =>
    (await tokens(client, { grant_type: 'client_credentials', scope })).access_token;
  /** Signs one of the demonstration users in; the password of each is the user's name. */
  const signIn = (client, user, scope = 'openid roles read:messages') =>
    tokens(client, { grant_type: 'password', username: user, password: user, scope });

  /** Has the server's own tool make a new key; the old one leaves the set. */
  const rotate = async () => {
    const [{ n: old }] = await keys();
    const { code, text } = await outcome('perl', [`${SHARE}/bin/rotateOidcKeys`], { env });
    if (code !== 0) throw new Error(text);
    await until('the portal has the new key', async () => (await keys())[0].n !== old);
  };
  return { issuer: `${url}/`, keys, machineToken, signIn, rotate };
}

/** What the server keeps in files, each kind in a folder of its own. */
const STORES = ['sessions', 'persistent', 'oidc'];

/** Where the server's configuration is; it sees a change after a second. */
const settings = (cwd) => `
[all]
logger = Lemonldap::NG::Common::Logger::Std
userLogger = Lemonldap::NG::Common::Logger::Std
logLevel = warn
checkTime = 1
[configuration]
type = File
dirName = ${cwd}/conf
localStorage = Cache::FileCache
localStorageOptions = { 'namespace' => 'configuration', 'cache_root' => '${cwd}/cache' }
[portal]
templateDir = ${SHARE}/portal/templates
languages = en
`;

function configuration(cwd, url, clients) {
  const [sessions, persistent, oidc] = STORES.map((name) => ({
    Directory: `${cwd}/${name}`,
    LockDirectory: `${cwd}/${name}/lock`,
    generateModule: 'Lemonldap::NG::Common::Apache::Session::Generate::SHA256',
  }));
  const forEach = (body) =>
    Object.fromEntries(Object.entries(clients).map(([id, more]) => [id, body(id, more)]));
  const pem = {
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  };
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048, ...pem });
  return {
    cfgNum: 1,
    cfgDate: 1,
    cfgVersion: '2.16.1',
    portal: `${url}/`,
    domain: '127.0.0.1',
    securedCookie: 0,
    key: randomBytes(8).toString('hex'),
    authentication: 'Demo',
    userDB: 'Same',
    passwordDB: 'Null',
    registerDB: 'Null',
    demoExportedVars: { cn: 'cn', mail: 'mail', uid: 'uid' },
    whatToTrace: 'uid',
    locationRules: { '127.0.0.1': { default: 'accept' } },
    globalStorage: 'Apache::Session::File',
    globalStorageOptions: sessions,
    persistentStorage: 'Apache::Session::File',
    persistentStorageOptions: persistent,
    oidcStorage: 'Apache::Session::File',
    oidcStorageOptions: oidc,
    localSessionStorage: 'Cache::FileCache',
    localSessionStorageOptions: { namespace: 'sessions', cache_root: `${cwd}/cache` },
    portalDisplayResetPassword: 0,
    portalDisplayRegister: 0,
    // The portal loads one without being asked; its own needs libraries that draw.
    captcha: '::Password::Null',

    issuerDBOpenIDConnectActivation: 1,
    oidcServiceMetaDataIssuer: `${url}/`,
    oidcServicePrivateKeySig: privateKey,
    oidcServicePublicKeySig: publicKey,
    oidcServiceAccessTokenExpiration: 600,
    oidcServiceIDTokenExpiration: 600,
    oidcRPMetaDataOptions: forEach((id, more) => named({
      ClientID: id,
      ClientSecret: SECRET,
      AllowClientCredentialsGrant: 1,
      AllowPasswordGrant: 1,
      IDTokenSignAlg: 'RS256',
      AccessTokenJWT: 1,
      AccessTokenClaims: 1,
      AdditionalAudiences: AUDIENCE,
      ...more,
    })),
    oidcRPMetaDataExportedVars: forEach(() => ({ groups: 'groups;string;always' })),
    oidcRPMetaDataOptionsExtraClaims: forEach(() => ({ roles: 'groups' })),
    // The rule says which users get the scope; a scope without a rule is granted.
    oidcRPMetaDataScopeRules: forEach(() => ({ 'write:messages': 'inGroup("timelords")' })),
  };
}

/** The options of a client as the server names them. */
const named = (options) => Object.fromEntries(
  Object.entries(options).map(([name, value]) => [`oidcRPMetaDataOptions${name}`, value]),
);
