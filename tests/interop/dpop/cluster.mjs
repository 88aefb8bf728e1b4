// Three instances behind HAProxy, in turn, with one Redis.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { app, folder, freePort, get, start, until } from '../lib/harness.mjs';

/** Redis on a port of its own; `up` starts it again, empty, after `kill`. */
export async function redis() {
  const [port, cwd] = [await freePort(), await folder()];
  let server;
  const up = async () => {
    const options = ['--port', String(port), '--save', '', '--maxmemory-policy', 'noeviction'];
    server = start('redis-server', ['--bind', '127.0.0.1', ...options], { cwd });
    await until('Redis listens', () => /Ready to accept connections/.test(server.log()));
  };
  await up();
  return { url: `redis://127.0.0.1:${port}/`, up, kill: () => server.stop('SIGKILL') };
}

/** HAProxy before these ports, one after the other. */
export async function balancer(port, ports) {
  const cwd = await folder();
  const servers = ports.map((port, at) => `    server s${at} 127.0.0.1:${port}`).join('\n');
  await writeFile(join(cwd, 'haproxy.cfg'), `
defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
frontend front
    bind 127.0.0.1:${port}
    default_backend instances
backend instances
    balance roundrobin
${servers}
`);
  start('haproxy', ['-db', '-f', join(cwd, 'haproxy.cfg')]);
  const url = `http://127.0.0.1:${port}`;
  await until('HAProxy serves', async () => (await get(`${url}/healthz`)).status === 200);
  return url;
}

/** As many instances as this, by one `Rocket.toml`. */
export const instances = (count, toml) =>
  Promise.all(Array.from({ length: count }, () => app(toml, { ROCKET_LOG_LEVEL: 'off' })));
