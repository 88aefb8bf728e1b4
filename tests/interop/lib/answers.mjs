// What the binary says of a token, over HTTP and by `explain`.

import assert from 'node:assert/strict';

import * as jose from 'jose';

import { get, until } from './harness.mjs';

export const claimsOf = (token) => jose.decodeJwt(token);
export const headerOf = (token) => jose.decodeProtectedHeader(token);

/** Sends a token, and wants this status and this `code` of the refusal. */
export async function answers(app, token, status, code, path = '/headers') {
  const answer = await get(`${app.url}${path}`, { token });
  assert.equal(answer.status, status, `${answer.text}\n${app.log()}`);
  if (code) assert.equal(answer.json().code, code);
  return answer;
}

/** Wants `explain` to name this cause for the refusal of a token, or to accept it. */
export async function explained(app, token, cause) {
  const { text } = await app.command('explain', token);
  assert.match(text, cause === 'accepted' ? /^accepted: /m : RegExp(`^${cause}: `, 'm'));
}

export const readiness = async (app) => {
  const { status, json } = await get(`${app.url}/readyz`);
  return { status, issuers: json().issuers };
};

/** Until an unknown key is worth another fetch. */
export const cooledDown = (app) =>
  until('the cool-down is over', async () => (await readiness(app)).issuers[0].age >= 1);
