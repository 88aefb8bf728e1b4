// What a part needs: checks that are counted, the binary on a free port, and an end for all of it.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

// All of it is on loopback: no proxy is asked, by us or by those we start.
for (const name of Object.keys(process.env)) if (/_proxy$/i.test(name)) delete process.env[name];

let passed = 0;
let failed = 0;
const endings = [];

/** One promise: kept, or broken by whatever `body` throws. */
export async function check(promise, body) {
  try {
    await body();
    passed += 1;
    console.log(`ok - ${promise}`);
  } catch (error) {
    broken(promise, error);
  }
}

function broken(promise, error) {
  failed += 1;
  console.log(`not ok - ${promise}\n${String(error.stack ?? error).replace(/^/gm, '  ')}`);
}

/** Runs a part, ends all that it started, and sums up. */
export async function part(body) {
  await body().catch((error) => broken('the part comes to its end', error));
  for (const end of endings.reverse()) await end();
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed === 0 ? 0 : 1);
}

/** Called when the part is over, the last one first. */
export function atTheEnd(end) {
  endings.push(end);
}

/** A port of 127.0.0.1 that nobody listens on. */
export async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** A folder of its own, gone when the part is over. */
export async function folder() {
  const path = await mkdtemp(join(tmpdir(), 'rocket-bearer-'));
  atTheEnd(() => rm(path, { recursive: true }));
  return path;
}

/** Asks until `body` returns something, ten seconds at most; what it throws counts as nothing. */
export async function until(what, body) {
  const deadline = Date.now() + 10_000;
  let last;
  while (Date.now() < deadline) {
    try {
      const found = await body();
      if (found) return found;
    } catch (error) {
      last = error;
    }
    await pause(50);
  }
  throw new Error(`not within ten seconds: ${what}`, { cause: last });
}

/** A process, ended by its id when the part is over, or by `stop`. */
export function start(command, args, options = {}) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  const log = [];
  const answer = [];
  child.stdout?.on('data', (chunk) => { log.push(chunk); answer.push(chunk); });
  child.stderr?.on('data', (chunk) => log.push(chunk));
  const ended = new Promise((resolve) => {
    child.on('error', (error) => { log.push(String(error)); resolve(error); });
    child.on('exit', (code, signal) => resolve(code ?? signal));
  });
  let hasEnded = false;
  ended.then(() => { hasEnded = true; });
  const stop = async (signal = 'SIGTERM') => {
    if (hasEnded) return;
    child.kill(signal);
    const mercy = setTimeout(() => child.kill('SIGKILL'), 8_000);
    await ended;
    clearTimeout(mercy);
  };
  atTheEnd(stop);
  return {
    child, ended, stop, log: () => log.join(''), answer: () => answer.join(''), hasEnded: () => hasEnded,
  };
}

/** What a command prints, with its exit code; it ends by itself. */
export async function outcome(command, args, options = {}) {
  const run = start(command, args, options);
  const code = await run.ended;
  return { code, text: run.log() };
}

/** Our variables and Rocket's would change what a part says. */
export function plainEnvironment(more = {}) {
  const ours = /^(BEARER_|ROCKET_|AUTH0_|API_AUDIENCE$|ALGORITHMS$)/;
  const others = Object.entries(process.env).filter(([name]) => !ours.test(name));
  return { ...Object.fromEntries(others), ...more };
}

/** The binary, serving what this `Rocket.toml` says, on a free port; waits until it does. */
export async function app(toml, more = {}) {
  const cwd = await folder();
  await writeFile(join(cwd, 'Rocket.toml'), toml);
  const port = more.ROCKET_PORT ?? await freePort();
  const env = plainEnvironment({ ROCKET_PORT: String(port), ROCKET_CLI_COLORS: 'false', ...more });
  const binary = process.env.ROCKET_BEARER_BIN;
  const run = start(binary, ['serve'], { cwd, env });
  const url = `http://127.0.0.1:${port}`;
  await until('the app serves', async () => {
    if (run.hasEnded()) throw new Error(run.log());
    return (await get(`${url}/healthz`)).status === 200;
  });
  const command = (...args) => outcome(binary, args, { cwd, env });
  return { ...run, url, port, command };
}

/** Whose tokens `keyring` makes. */
export const ISSUER = 'https://issuer.example/';

/**
 * A key set of its own: `toml` is what has an app trust it, `token` a token with these options of
 * `rocket-bearer token`, `said` what another command prints beside them in `cwd`. The development keys
 * do not do behind a proxy.
 */
export async function keyring() {
  const cwd = await folder();
  const toml = `
[default.bearer]
issuer = "${ISSUER}"
audience = "image"
jwks_file = "${cwd}/keys/jwks.json"
`;
  await writeFile(join(cwd, 'Rocket.toml'), toml);
  const said = async (...args) => {
    const run = start(process.env.ROCKET_BEARER_BIN, args, { cwd, env: plainEnvironment() });
    if (await run.ended !== 0) throw new Error(run.log());
    return run.answer().trim();
  };
  await said('keys', 'new', '--kid', 'a');
  return { cwd, toml, said, token: (...options) => said('token', ...options) };
}

/** One request on a connection of its own; `token` goes into `Authorization: Bearer`. */
export function get(url, { token, method = 'GET', headers = {}, body, ...options } = {}) {
  const { request } = url.startsWith('https:') ? https : http;
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return new Promise((resolve, reject) => {
    const sent = request(url, {
      method, agent: false, timeout: 10_000, headers: { ...authorization, ...headers }, ...options,
    });
    sent.on('timeout', () => sent.destroy(new Error(`no answer from ${url}`)));
    sent.on('error', reject);
    sent.on('response', async (response) => {
      try {
        let text = '';
        for await (const chunk of response.setEncoding('utf8')) text += chunk;
        const { statusCode: status, headers: answered } = response;
        resolve({ status, headers: answered, text, json: () => JSON.parse(text) });
      } catch (error) {
        reject(error);
      }
    });
    sent.end(body);
  });
}
