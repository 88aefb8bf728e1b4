#!/usr/bin/env node
// `fetch.mjs /headers`: GET with `fetch`; see README.md for the variables.

import { bearerFetch } from './bearer-fetch.mjs';

/** The grant of machines (RFC 6749 §4.4); a browser signs its user in instead. */
async function newToken() {
  const { TOKEN_URL, CLIENT_ID, CLIENT_SECRET, AUDIENCE, SCOPE } = process.env;
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: CLIENT_ID,
    client_secret: CLIENT_SECRET,
    audience: AUDIENCE,
    resource: AUDIENCE,
    ...(SCOPE && { scope: SCOPE }),
  });
  // A redirect would take the secret along.
  const answer = await fetch(TOKEN_URL, { method: 'POST', body, redirect: 'manual' });
  if (!answer.ok) throw new Error(`no token: ${answer.status} ${await answer.text()}`);
  return (await answer.json()).access_token;
}

const { API = 'http://127.0.0.1:8000', TOKEN } = process.env;
const answer = await bearerFetch(newToken, TOKEN)(API + (process.argv[2] ?? '/headers'));
console.log(await answer.text());
process.exitCode = answer.ok ? 0 : 1;
