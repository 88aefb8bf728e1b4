// A certified OpenID provider: `oidc-provider`, with JWT access tokens (RFC 9068) for one API.

import { createHash, createPrivateKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';

import Provider from 'oidc-provider';

import { atTheEnd, freePort, get } from './harness.mjs';

/** The API that tokens are for, as they carry it in `aud`. */
export const AUDIENCE = 'https://api.example/';
export const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519'];

export const MACHINE = { client_id: 'machine', client_secret: 'no secret, but long enough' };
export const REDIRECT_URI = 'http://127.0.0.1/callback';
const SCOPES = 'read:messages write:messages';

/** One private key of each type, as JWKs; `name` begins their `kid`s. */
export function keys(name) {
  return [
    key(`${name}-rsa`, 'rsa', { modulusLength: 2048 }),
    key(`${name}-ec`, 'ec', { namedCurve: 'P-256' }),
    key(`${name}-okp`, 'ed25519'),
  ];
}

/** Keys that verify no token of ours, as large providers publish them beside the others. */
export function otherKeys() {
  return [
    { ...key('encryption', 'rsa', { modulusLength: 2048 }), use: 'enc', alg: 'RSA-OAEP' },
    key('p-521', 'ec', { namedCurve: 'P-521' }),
  ];
}

function key(kid, type, options) {
  // By way of PEM: Node 20 may hang for ever where it exports a key that it has just made.
  const privateKeyEncoding = { type: 'pkcs8', format: 'pem' };
  const { privateKey } = generateKeyPairSync(type, { ...options, privateKeyEncoding });
  return { ...createPrivateKey(privateKey).export({ format: 'jwk' }), kid, use: 'sig' };
}

/**
 * The provider on a port of its own; the first key of a type signs. With `tls` (a key and a
 * certificate) it speaks https; `path` is where it lives; `settings` are the provider's, in place of
 * ours. `asked` lists the requests it got, as `POST /token`. It tells `logout`, a URL, of each session
 * of the client `app` that ends (OpenID Connect Back-Channel Logout).
 */
export async function issuer(signingKeys, { tls, path = '', settings = {}, logout } = {}) {
  const port = await freePort();
  const url = `${tls ? 'https' : 'http'}://localhost:${port}${path}`;
  const asked = [];
  let server;

  const up = async (jwks = signingKeys) => {
    const handle = provider(url, jwks, asked, settings, logout).callback();
    const callback = (request, response) => {
      request.originalUrl = request.url;
      request.url = request.url.startsWith(`${path}/`) ? request.url.slice(path.length) : '/';
      handle(request, response);
    };
    server = tls ? https.createServer(tls, callback) : http.createServer(callback);
    server.listen(port, 'localhost');
    await once(server, 'listening');
  };
  const down = async () => {
    if (!server.listening) return;
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  };
  await up();
  atTheEnd(down);
  return { url, asked, up, down, ...grants(url, tls?.cert, settings.routes) };
}

/** Lifetimes in seconds, by what lives. */
const ARTIFACTS = [
  'AccessToken', 'ClientCredentials', 'Grant', 'IdToken', 'Interaction', 'RefreshToken', 'Session',
];
const lifetime = (_, artifact) => artifact.resourceServer?.accessTokenTTL ?? 600;

function provider(url, jwks, asked, { features, ...settings }, logout) {
  const it = new Provider(url, {
    jwks: { keys: jwks },
    cookies: { keys: [randomBytes(16).toString('hex')] },
    clients: [
      {
        ...MACHINE, grant_types: ['client_credentials'], response_types: [], redirect_uris: [],
      },
      {
        client_id: 'app',
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        redirect_uris: [REDIRECT_URI],
        ...(logout && {
          backchannel_logout_uri: logout, backchannel_logout_session_required: true,
        }),
      },
    ],
    scopes: ['openid', 'offline_access'],
    enabledJWA: { idTokenSigningAlgValues: [...ALGORITHMS, 'ES512'] },
    features: {
      backchannelLogout: { enabled: logout !== undefined },
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      encryption: { enabled: true },
      requestObjects: { enabled: true },
      resourceIndicators: {
        enabled: true,
        useGrantedResource: () => true,
        getResourceServerInfo: (_, resource) => resourceServer(new URL(resource)),
      },
      ...features,
    },
    // Its own dispatcher would tell no host on loopback of a logout.
    fetch: (address, { dispatcher, ...options }) => fetch(address, options),
    interactions: { url: (_, { uid }) => `${url}/interaction/${uid}` },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    issueRefreshToken: () => true,
    ttl: Object.fromEntries(ARTIFACTS.map((kind) => [kind, lifetime])),
    // Whoever signs in has consented.
    loadExistingGrant: async ({ oidc: { account, client, resourceServers } }) => {
      const { accountId } = account;
      const grant = new it.Grant({ clientId: client.clientId, accountId });
      grant.addOIDCScope('openid offline_access');
      for (const resource of Object.keys(resourceServers ?? {})) {
        grant.addResourceScope(resource, SCOPES);
      }
      await grant.save();
      return grant;
    },
    ...settings,
  });
  it.use(async (ctx, next) => {
    asked.push(`${ctx.method} ${ctx.path}`);
    if (!ctx.path.startsWith('/interaction/')) return next();
    ctx.respond = false;
    const result = { login: { accountId: 'alice' }, consent: {} };
    return it.interactionFinished(ctx.req, ctx.res, result);
  });
  return it;
}

/** `https://api.example/?alg=ES256`: the API, and what the test wants of its tokens. */
function resourceServer(resource) {
  const wanted = resource.searchParams;
  const jwt = { sign: { alg: wanted.get('alg') ?? 'RS256' } };
  if (wanted.has('encrypted')) {
    jwt.encrypt = { alg: 'dir', enc: 'A256GCM', key: randomBytes(32) };
  }
  return {
    scope: SCOPES,
    audience: wanted.get('audience') ?? AUDIENCE,
    accessTokenFormat: 'jwt',
    accessTokenTTL: Number(wanted.get('ttl') ?? 300),
    jwt,
  };
}

/** What `wanted` may say: see `resourceServer`. */
function resource(wanted = {}) {
  return `${AUDIENCE}?${new URLSearchParams(wanted)}`;
}

/** Signs `alice` in at this address of an authorization endpoint, as her browser would: the code. */
export async function codeOf(address, ca, cookies = new Map()) {
  let location = address;
  for (let hops = 0; !location.startsWith(REDIRECT_URI); hops += 1) {
    if (hops > 5) throw new Error(`too many redirections, the last to ${location}`);
    const cookie = [...cookies].map((pair) => pair.join('=')).join('; ');
    const answer = await get(location, { headers: { cookie }, ca });
    if (!answer.headers.location) throw new Error(`no redirection: ${answer.text}`);
    for (const set of answer.headers['set-cookie'] ?? []) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(set);
      cookies.set(name, value);
    }
    location = new URL(answer.headers.location, location).href;
  }
  return new URL(location).searchParams.get('code');
}

/** The grants of RFC 6749, as clients of ours use them. */
function grants(url, ca, { authorization = '/auth', token = '/token' } = {}) {
  const ask = async (form, headers) => {
    const answer = await get(`${url}${token}`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: new URLSearchParams(form).toString(),
      ca,
    });
    if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`);
    return answer.json();
  };

  /** A machine's token; `headers` may hold a DPoP proof. */
  const machineToken = async ({ scope = SCOPES, headers, ...wanted } = {}) => {
    const grant = { grant_type: 'client_credentials', ...MACHINE };
    const tokens = await ask({ ...grant, scope, resource: resource(wanted) }, headers);
    return tokens.access_token;
  };

  /**
   * Signs `alice` in: authorization code with PKCE, her browser played by this function. `cookies` are
   * her browser's.
   */
  const signIn = async (wanted = {}, cookies = undefined) => {
    const verifier = randomBytes(32).toString('base64url');
    const challenge = createHash('sha256').update(verifier).digest('base64url');
    const api = resource(wanted);
    const query = new URLSearchParams({
      client_id: 'app', response_type: 'code', redirect_uri: REDIRECT_URI, resource: api,
      scope: `openid ${SCOPES}`, code_challenge: challenge, code_challenge_method: 'S256',
    });
    const code = await codeOf(`${url}${authorization}?${query}`, ca, cookies);
    const grant = { client_id: 'app', redirect_uri: REDIRECT_URI, code, code_verifier: verifier };
    return ask({ grant_type: 'authorization_code', ...grant, resource: api });
  };

  const refreshed = ({ refresh_token: token }, wanted = {}) => {
    const grant = { grant_type: 'refresh_token', client_id: 'app', refresh_token: token };
    return ask({ ...grant, resource: resource(wanted) });
  };

  /** Ends the session of the browser with these cookies, as its user does by two clicks. */
  const signOut = async (cookies) => {
    const cookie = () => [...cookies].map((pair) => pair.join('=')).join('; ');
    const form = await get(`${url}/session/end`, { headers: { cookie: cookie() }, ca });
    for (const set of form.headers['set-cookie'] ?? []) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(set);
      cookies.set(name, value);
    }
    const [, xsrf] = /name="xsrf" value="([^"]+)"/.exec(form.text);
    return get(`${url}/session/end/confirm`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', cookie: cookie() },
      body: new URLSearchParams({ xsrf, logout: 'yes' }).toString(),
      ca,
    });
  };

  return { machineToken, signIn, signOut, refreshed };
}
