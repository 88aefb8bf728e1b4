// Whether a proof is for a URL: what we say, and what `validateJwtAccessToken` of oauth4webapi says.
// It reads URLs as browsers do (WHATWG), and we read them as RFC 3986 writes them.

import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import * as dpop from 'dpop';
import * as oauth from 'oauth4webapi';

import { app, check, get, ISSUER, keyring } from '../lib/harness.mjs';

const BASE = 'https://api.example';

/** Ways to write the origin in `htu`. */
const ORIGINS = [
  BASE, 'HTTPS://api.example', 'https://API.Example', `${BASE}:443`, `${BASE}:`, `${BASE}:0443`, `${BASE}:8443`,
  `${BASE}:65979`, 'http://api.example', 'http://api.example:443', `${BASE}.`, 'https://user@api.example',
  'https://@api.example', 'https://api.example@evil.example', 'https://evil.example', 'https://api.exa%6Dple',
  'https://api.exa%6dple', 'https://api%2Eexample', 'https://api.example%2F', 'https:api.example',
  'https:/api.example', 'https:///api.example', 'https:\\\\api.example', '//api.example', 'api.example',
  ` ${BASE}`, 'https://ap\ti.example', 'ht\ntps://api.example', 'https://ＡＰＩ.example', 'https://api。example',
  'https://xn--pi-7kc.example', 'wss://api.example', 'https://[::1]', 'https://',
];

/** Ways to write a path, in `htu` and in the request. */
const PATHS = [
  '', '/', '/a', '/A', '/a/', '//a', '/a//', '/a/b', '/a//b', '/a/./b', '/a/x/../b', '/a/%2e/b', '/x/%2E%2e/a/b',
  '/a/.', '/a/..', '/..', '/../a', '/a/...', '/.a', '/%61', '/a%2fb', '/a%2Fb', '/a~b', '/a%7eb', '/a%7Eb',
  '/a%20b', '/a;b', '/a%3Bb', '/a%3bb', '/a:@!$&\'()*+,=', '/a%00b', '/%C3%A9', '/%c3%a9', '/a?q=1', '/a?',
  '/a#f', '/a?q=1#f', '/a?q=/../b', '/a%3Fq', '/a%', '/a%zz', '/a%2', '/a\\b', '/a%5Cb', '/a|b', '/a%7Cb', '/a^b',
  '/a"b', '/a%22b', '/a{b}', '/a%7Bb%7D', '/a[b]', '/a%5Bb%5D', '/a b', '/a\tb', '/é', '/a\u200bb', '/a?q= ', '/a#é',
];

/** No client can write another into the head of a request. */
const isTarget = (path) => path.startsWith('/') && /^[!-"$-~]+$/.test(path);

/** The path with its escapes as RFC 3986 §6.2.2 has them: none of an unreserved character, in capitals. */
const escapes = (path) => path.replace(/%[0-9a-f]{2}/gi, (escape) => {
  const character = String.fromCharCode(parseInt(escape.slice(1), 16));
  return /[\w.~-]/.test(character) ? character : escape.toUpperCase();
});

const path = (htu) => htu.slice(BASE.length).split(/[?#]/)[0];

/** Why we disagree; each has to be needed, and the first that fits has to say who accepts. */
const REASONS = [
  {
    why: 'RFC 3986 writes no such URL: white space, what is not ASCII, a broken escape, or one of \\ " ^ { | } [ ]',
    accepts: 'they',
    fits: ({ htu }) => /[^!-~]|[\\"^{|}]|\/.*[[\]]|%(?![0-9a-f]{2})/i.test(htu),
  },
  {
    why: 'RFC 3986 §3 and RFC 9110 §4.2.1: the authority stands behind two slashes, and is not empty',
    accepts: 'they',
    fits: ({ htu }) => !/^https?:\/\/[^/]/i.test(htu),
  },
  {
    why: 'RFC 9110 §4.2.4: a user name, be it empty, is an error',
    accepts: 'they',
    fits: ({ htu }) => htu.split('/')[2].includes('@'),
  },
  {
    why: 'RFC 3986 §6.2.2: an escape of an unreserved character is that, and letters in escapes have no case',
    accepts: 'we',
    fits: ({ htu, target }) =>
      path(htu) !== target.split('?')[0] && escapes(path(htu)) === escapes(target.split('?')[0]),
  },
  {
    why: 'dot segments beside such an escape',
    accepts: 'we',
    fits: ({ htu, target }) =>
      new URL(escapes(path(htu)), BASE).href === new URL(escapes(target.split('?')[0]), BASE).href,
  },
  {
    why: 'a request may hold what a URL may not, which its client can only write escaped',
    accepts: 'we',
    fits: ({ target }) => /[|^[\]"{}\\]/.test(target),
  },
  {
    why: 'a backslash in a request is no slash',
    accepts: 'they',
    fits: ({ target }) => target.includes('\\'),
  },
];

export async function urls() {
  const { cwd, toml, token: made, said } = await keyring();
  const bearer = await app(`${toml}
dpop.mode = "allowed"
dpop.base = "${BASE}"
forward.original = "x-forwarded"
`, { ROCKET_LOG_LEVEL: 'off' });
  await said('proof', '--new-key', 'client.pem', '--url', BASE);
  const pair = await pairOf(join(cwd, 'client.pem'));
  const token = await made('--bind', 'client.pem', '--header', 'typ=at+jwt', '--claim', 'jti=one', '--claim',
    'client_id=c', '--sub', 'alice');
  const jwks = await readFile(join(cwd, 'keys/jwks.json'), 'utf8');
  const as = { issuer: ISSUER, jwks_uri: `${ISSUER}jwks` };
  const options = {
    [oauth.customFetch]: async () => new Response(jwks, { headers: { 'content-type': 'application/json' } }),
  };
  const cache = {};
  options[oauth.jwksCache] = cache;

  const weSay = async (target, proof) => {
    const headers = {
      authorization: `DPoP ${token}`, dpop: proof, 'x-forwarded-method': 'GET', 'x-forwarded-uri': target,
    };
    const { status, text } = await get(`${bearer.url}/auth`, { headers });
    assert.ok([204, 401].includes(status), `${status} ${text}`);
    return status === 204;
  };
  const theySay = async (target, proof) => {
    const headers = { authorization: `DPoP ${token}`, dpop: proof };
    try {
      await oauth.validateJwtAccessToken(as, new Request(`${BASE}${target}`, { headers }), 'image', options);
      return true;
    } catch (error) {
      // A URL that is none is a TypeError.
      assert.ok(error.cause?.claim === 'htu' || error.code === 'ERR_INVALID_URL', String(error.stack));
      return false;
    }
  };

  await check('we and oauth4webapi disagree about URLs for reasons only', async () => {
    const rows = [
      ...ORIGINS.flatMap((origin) => ['', '/a'].map((path) => ({ htu: `${origin}${path}`, target: path || '/' }))),
      ...PATHS.flatMap((path) =>
        PATHS.filter(isTarget).map((target) => ({ htu: `${BASE}${path}`, target }))),
    ];
    const [counts, unexplained] = [new Map(), []];
    let [agreed, accepted] = [0, 0];
    const judge = async (row) => {
      const proof = await dpop.generateProof(pair, row.htu, 'GET', undefined, token);
      const [we, they] = [await weSay(row.target, proof), await theySay(row.target, proof)];
      if (we === they) {
        agreed += 1;
        accepted += we;
        return;
      }
      const reason = REASONS.find(({ fits, accepts }) => fits(row) && accepts === (we ? 'we' : 'they'));
      if (!reason) unexplained.push(`${JSON.stringify(row)}: ${we ? 'we' : 'they'} accept`);
      counts.set(reason, (counts.get(reason) ?? 0) + 1);
    };
    const left = [...rows];
    await Promise.all(Array.from({ length: 8 }, async () => {
      for (let row = left.pop(); row; row = left.pop()) await judge(row);
    }));
    assert.deepEqual(unexplained, []);
    console.log(`# ${rows.length} pairs: in ${agreed} one verdict, ${accepted} of them yes`);
    for (const reason of REASONS) {
      console.log(`# ${counts.get(reason) ?? 0} × ${reason.accepts} accept: ${reason.why}`);
      assert.ok(counts.has(reason), `no pair needs: ${reason.why}`);
    }
  });
}

/** The key of the command line, for WebCrypto. */
async function pairOf(file) {
  const key = createPrivateKey(await readFile(file));
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
  const pkcs8 = key.export({ format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return {
    privateKey: await crypto.subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign']),
    publicKey: await crypto.subtle.importKey('spki', spki, algorithm, true, ['verify']),
  };
}
