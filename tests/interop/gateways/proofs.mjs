// Tokens that are bound to a key, through each gateway: the proof is for the request that the client sent.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { app, check, freePort, get, keyring, until } from '../lib/harness.mjs';
import { serving } from '../lib/proxies.mjs';

/** How each gateway tells the request that it asks about: `forward.original`. */
const ORIGINAL = { nginx: 'x-original', HAProxy: 'x-original', Caddy: 'x-forwarded', Envoy: 'path' };

/** What a client says of its request, in every name that a gateway may use for it. */
const claimed = (method, path) => ({
  'X-Forwarded-Method': method, 'X-Forwarded-Uri': path, 'X-Forwarded-Host': 'evil.example',
  'X-Original-Method': [method, method], 'X-Original-URI': [path, path], 'X-Original-URL': path,
  X_Forwarded_Method: method, X_Original_URI: path, 'X.Original.Method': method, 'X.Forwarded.Uri': path,
  'X-Rewrite-URL': path, 'X-HTTP-Method-Override': method,
});

export async function proofs(gateways, { got, appPort }) {
  const { cwd, toml, token, said } = await keyring();
  await writeFile(join(cwd, 'nonces'), 'a secret of thirty-two octets or more');
  await said('proof', '--new-key', 'client.pem', '--url', 'http://127.0.0.1/');
  await said('proof', '--new-key', 'other.pem', '--url', 'http://127.0.0.1/');
  const bound = await token('--bind', 'client.pem', '--scope', 'read:messages');
  const plain = await token();

  const urls = {};
  for (const name of Object.keys(gateways)) {
    const port = await freePort();
    urls[name] = `http://127.0.0.1:${port}`;
    await serving(name, urls[name], ...await gateways[name](port));
  }
  const bases = JSON.stringify(Object.values(urls));
  const serve = (...more) => app(`${toml}dpop.mode = "allowed"\ndpop.base = ${bases}\n${more.join('\n')}\n`,
    { ROCKET_PORT: String(appPort) });
  const proof = (url, ...more) =>
    said('proof', '--key', 'client.pem', '--token', bound, '--url', url, ...more);

  const send = async (name, path, { proof, method = 'GET', headers = {}, authorization } = {}) => {
    got.length = 0;
    const answer = await get(urls[name], {
      path, method, hostname: '127.0.0.1',
      headers: {
        authorization: authorization ?? `DPoP ${bound}`, ...proof && { dpop: proof }, ...headers,
      },
    });
    return { ...answer, got: [...got] };
  };
  /** Sends it until the gateway has found rocket-bearer again. */
  const comesBack = (name) =>
    until(`${name} asks again`, async () =>
      (await send(name, '/', { authorization: `Bearer ${plain}` })).status === 200);
  const passes = async (...request) => {
    const answer = await send(...request);
    assert.equal(answer.status, 200, JSON.stringify(answer.headers));
    assert.equal(answer.got.length, 1);
    return answer;
  };
  const refused = async (...request) => {
    const answer = await send(...request);
    assert.equal(answer.status, 401, answer.text);
    assert.match(answer.headers['www-authenticate'], /DPoP algs="ES256 [^"]*".* error="invalid_dpop_proof"/);
    assert.deepEqual(answer.got, []);
    return answer;
  };

  for (const original of new Set(Object.values(ORIGINAL))) {
    const bearer = await serve(`forward.original = "${original}"`);
    for (const name of Object.keys(gateways).filter((name) => ORIGINAL[name] === original)) {
      const url = urls[name];
      await comesBack(name);

      await check(`${name}: a bound token passes with a proof for the request as it was sent`, async () => {
        // The others take no escape in a path.
        const escaped = ['nginx', 'Caddy'].includes(name) ? [['DELETE', '/a%7eb~c']] : [];
        for (const [method, path] of [
          ...escaped, ['GET', '/'], ['GET', '/messages'], ['GET', '/messages/1?a=%2F&b=/auth'], ['HEAD', '/a'],
          ['POST', '/a/'], ['DELETE', '/a~b'], ['OPTIONS', '/A'], ['PUT', '/auth'],
        ]) {
          const { got } = await passes(name, path, { method, proof: await proof(`${url}${path}`, '--method', method) });
          const { headers } = got[0];
          assert.deepEqual([got[0].method, got[0].path], [method, path]);
          assert.deepEqual([headers['x-auth-issuer'], headers['x-auth-scope']],
            ['https://issuer.example/', 'read:messages']);
          assert.deepEqual([headers.authorization, headers.dpop], [undefined, undefined]);
        }
      });
      await check(`${name}: a proof for another method, path, host or key is refused`, async () => {
        for (const [method, path, made] of [
          ['POST', '/a', proof(`${url}/a`)],
          ['HEAD', '/a', proof(`${url}/a`)],
          ['GET', '/a', proof(`${url}/b`)],
          ['GET', '/a', proof(`${url}/a/`)],
          ['GET', '/messages', proof(`${url}/`)],
          ['GET', '/a', proof(`${url}/auth`)],
          ['GET', '/', proof('http://127.0.0.1:8000/')],
          ['GET', '/', proof('http://evil.example/')],
          ['GET', '/', said('proof', '--key', 'client.pem', '--token', plain, '--url', `${url}/`)],
          ['GET', '/', undefined],
        ]) {
          await refused(name, path, { method, proof: await made });
        }
        const strange = said('proof', '--key', 'other.pem', '--token', bound, '--url', `${url}/`);
        const { status, headers } = await send(name, '/', { proof: await strange });
        assert.equal(status, 401);
        assert.match(headers['www-authenticate'], /error="invalid_token"/);
      });
      await check(`${name}: a proof serves once, and two at a time do not serve`, async () => {
        const once = await proof(`${url}/a`);
        await passes(name, '/a', { proof: once });
        await refused(name, '/a', { proof: once });
        const two = [await proof(`${url}/a`), await proof(`${url}/a`)];
        await refused(name, '/a', { headers: { dpop: two } });
        await refused(name, '/a', { proof: two.join(',') });
      });
      await check(`${name}: what a client says of its request changes nothing`, async () => {
        for (const headers of [claimed('GET', '/a'), { ...claimed('GET', '/a'), host: 'evil.example' }]) {
          await refused(name, '/b', { proof: await proof(`${url}/a`), headers });
          await refused(name, '/a', { method: 'POST', proof: await proof(`${url}/a`), headers });
          const { got } = await passes(name, '/b', { proof: await proof(`${url}/b`), headers });
          for (const [name, value] of Object.entries(got[0].headers)) {
            assert.doesNotMatch(name, /^x[-_.](forwarded|original)[-_.](method|uri)$/, value);
          }
        }
        // Nor can it have left out what the gateway says.
        for (const dropped of ['X-Original-URI', 'X-Original-Method', 'X-Forwarded-Uri', 'X-Forwarded-Method', 'DPoP']) {
          const headers = { ...claimed('GET', '/a'), connection: ['close', dropped] };
          const { status, got } = await send(name, '/b', { proof: await proof(`${url}/a`), headers });
          assert.ok([400, 401, 503].includes(status), `${dropped}: ${status}`);
          assert.deepEqual(got, []);
        }
      });
      await check(`${name}: a bound token is no bearer token, and a refusal offers both schemes`, async () => {
        const bearer = await send(name, '/', { authorization: `Bearer ${bound}`, proof: await proof(`${url}/`) });
        assert.deepEqual([bearer.status, bearer.got], [401, []]);
        const { headers } = await refused(name, '/');
        const unnamed = await send(name, '/', { authorization: '' });
        for (const challenges of [headers, unnamed.headers].map((it) => it['www-authenticate'])) {
          // Debian's nginx hands on one of the two.
          const both = name === 'nginx' ? /^(DPoP|Bearer) / : /^(DPoP .*, Bearer|Bearer .*, DPoP) /;
          assert.match(challenges, both);
        }
      });
    }
    await bearer.stop();
  }

  const untold = await serve();
  for (const name of Object.keys(gateways)) {
    await comesBack(name);
    await check(`${name}: without "forward.original" a bound token is 503, and others pass`, async () => {
      for (const path of ['/', '/messages']) {
        const { status, got } = await send(name, path, {
          proof: await proof(`${urls[name]}${path}`), headers: claimed('GET', path),
        });
        assert.deepEqual([status, got], [503, []]);
      }
      await passes(name, '/', { authorization: `Bearer ${plain}` });
    });
  }
  await untold.stop();

  const old = {};
  const needing = (original) => serve(`forward.original = "${original}"`, 'dpop.nonce = "required"',
    `dpop.nonce_key_file = "${cwd}/nonces"`);
  for (const original of new Set(Object.values(ORIGINAL))) {
    const bearer = await needing(original);
    for (const name of Object.keys(gateways).filter((name) => ORIGINAL[name] === original)) {
      const url = urls[name];
      await comesBack(name);
      await check(`${name}: a nonce comes with the 401 that asks for one`, async () => {
        const asked = await send(name, '/a', { proof: await proof(`${url}/a`), headers: { origin: 'https://a.example' } });
        assert.equal(asked.status, 401);
        assert.match(asked.headers['www-authenticate'], /error="use_dpop_nonce"/);
        const nonce = asked.headers['dpop-nonce'];
        assert.match(nonce, /^[A-Za-z0-9_-]{28}$/);
        old[name] = nonce;
        const { headers } = await passes(name, '/a', { proof: await proof(`${url}/a`, '--nonce', nonce) });
        assert.equal(headers['dpop-nonce'], undefined);
      });
    }
    await bearer.stop();
  }
  // The nonce of a minute is old in the next, and good.
  await pause(60_000 - Date.now() % 60_000 + 500);
  for (const original of new Set(Object.values(ORIGINAL))) {
    const bearer = await needing(original);
    for (const name of Object.keys(gateways).filter((name) => ORIGINAL[name] === original)) {
      await comesBack(name);
      await check(`${name}: the next nonce comes with a yes`, async () => {
        const url = urls[name];
        const { headers } = await passes(name, '/a', { proof: await proof(`${url}/a`, '--nonce', old[name]) });
        const next = headers['dpop-nonce'];
        assert.match(next, /^[A-Za-z0-9_-]{28}$/);
        assert.notEqual(next, old[name]);
        const answer = await passes(name, '/a', { proof: await proof(`${url}/a`, '--nonce', next) });
        assert.equal(answer.headers['dpop-nonce'], undefined);
      });
    }
    await bearer.stop();
  }
}
