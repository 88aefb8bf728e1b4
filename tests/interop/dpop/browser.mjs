// A page of another origin, in each browser: WebCrypto makes its key, and no script can read that.

import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import { fileURLToPath } from 'node:url';

import { launch, NAMES } from '../lib/browsers.mjs';
import { atTheEnd } from '../lib/harness.mjs';

const modules = {
  '/oauth4webapi.js': 'oauth4webapi/build/index.js',
  '/dpop.js': 'dpop/build/index.js',
};

/** Serves an empty page, and the two clients as modules. */
async function serve(port) {
  const server = http.createServer(async ({ url }, response) => {
    const file = modules[url];
    response.setHeader('content-type', file ? 'text/javascript' : 'text/html');
    const path = file && fileURLToPath(new URL(`../node_modules/${file}`, import.meta.url));
    response.end(path ? await readFile(path) : '<!doctype html><title>page</title>');
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  atTheEnd(() => { server.close(); server.closeAllConnections(); });
}

/** Within the page: `oauth4webapi` and `dpop` in turn, with one key, until `end`. */
async function calls({ base, as, client, secret, end }) {
  const [oauth, dpop] = await Promise.all([import('/oauth4webapi.js'), import('/dpop.js')]);
  const insecure = { [oauth.allowInsecureRequests]: true };
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']);
  const isKept = await crypto.subtle.exportKey('jwk', pair.privateKey).then(() => false, () => true);
  if (!isKept) throw new Error('the key can be read');
  const DPoP = oauth.DPoP(client, pair);
  const grant = async () => oauth.processClientCredentialsResponse(as, client,
    await oauth.clientCredentialsGrantRequest(as, client, oauth.ClientSecretBasic(secret),
      { scope: 'read:messages', resource: 'https://api.example/?alg=ES256' }, { DPoP, ...insecure }));
  const { access_token: token } = await grant().catch((error) => {
    if (oauth.isDPoPNonceError(error)) return grant();
    throw error;
  });

  const answers = [];
  let nonce;
  while (Date.now() < end) {
    // The first and every second by oauth4webapi.
    if (answers.length % 2 === 0 || !nonce) {
      try {
        const { status, headers } = await oauth.protectedResourceRequest(
          token, 'GET', new URL(`${base}/headers?a=b`), undefined, null, { DPoP, ...insecure });
        nonce = headers.get('dpop-nonce') ?? nonce;
        answers.push(status);
      } catch (error) {
        if (!oauth.isDPoPNonceError(error)) throw error;
        nonce = error.response.headers.get('dpop-nonce');
        answers.push('use_dpop_nonce');
      }
    } else {
      const proof = await dpop.generateProof(pair, `${base}/messages`, 'GET', nonce, token);
      const headers = { authorization: `DPoP ${token}`, dpop: proof };
      const answer = await fetch(`${base}/messages`, { headers });
      nonce = answer.headers.get('dpop-nonce') ?? nonce;
      const isAsked = answer.headers.get('www-authenticate')?.includes('use_dpop_nonce');
      answers.push(isAsked ? 'use_dpop_nonce' : answer.status);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return answers;
}

/** What a page at this port is answered until `end`, in each browser. */
export async function answersOfAPage({ port, ...about }) {
  await serve(port);
  const runs = NAMES.map(async (name) => {
    const browser = await launch(name);
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${port}/`);
    return page.evaluate(calls, about);
  });
  return Object.fromEntries(NAMES.map((name, number) => [name, runs[number]]));
}
