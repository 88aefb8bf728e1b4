#!/usr/bin/env node
// `fetch.mjs /headers`: GET with `fetch`; see README.md for the variables.

import { bearerFetch } from './bearer-fetch.mjs';

/** The grant of machines (RFC 6749 §4.4); a browser signs its user in instead. */
async function newToken() {
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: variable('CLIENT_ID'),
    client_secret: variable('CLIENT_SECRET'),
    audience: variable('AUDIENCE'),
    resource: variable('AUDIENCE'),
    ...(process.env.SCOPE && { scope: process.env.SCOPE }),
  });
  // A redirect would take the secret along.
  const redirect = 'manual';
  const answer = await fetch(variable('TOKEN_URL'), { method: 'POST', body, redirect });
  if (!answer.ok) throw new Error(`no token: ${answer.status} ${await answer.text()}`);
  return (await answer.json()).access_token;
}

function variable(name) {
  const value = process.env[name];
  if (!value) throw new Error(`no token: ${name} is not set`);
  return value;
}

/** The body on stdout; on stderr the status and the challenge of a refusal. */
async function show(answer) {
  console.log(await answer.text());
  if (answer.ok) return;
  process.exitCode = 1;
  console.error(`HTTP ${answer.status} ${answer.statusText}`);
  const challenge = answer.headers.get('WWW-Authenticate');
  if (challenge) console.error(`WWW-Authenticate: ${challenge}`);
}

const { API = 'http://127.0.0.1:8000', TOKEN, TOKEN_URL } = process.env;
// With a token, and nowhere to ask for another, a refusal is the answer.
const renewal = TOKEN && !TOKEN_URL ? undefined : newToken;
try {
  const answer = await bearerFetch(renewal, TOKEN)(API + (process.argv[2] ?? '/headers'));
  await show(answer);
} catch (error) {
  if (error.refused) await show(error.refused);
  let reason = error;
  while (reason.cause) reason = reason.cause;
  console.error(reason.message);
  process.exitCode = 1;
}
