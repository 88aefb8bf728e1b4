// A certificate for `localhost`, that is its own authority.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { outcome } from './harness.mjs';

/** The key and the certificate, also as `key.pem` and `cert.pem` in this folder. */
export async function certificate(folder) {
  const [key, cert] = ['key', 'cert'].map((name) => join(folder, `${name}.pem`));
  const { code, text } = await outcome('openssl', ['req', '-x509', '-newkey', 'ec', '-nodes',
    '-pkeyopt', 'ec_paramgen_curve:P-256', '-subj', '/CN=localhost', '-days', '1',
    '-addext', 'subjectAltName=DNS:localhost', '-addext', 'basicConstraints=critical,CA:FALSE',
    '-keyout', key, '-out', cert]);
  if (code !== 0) throw new Error(text);
  return { key: await readFile(key), cert: await readFile(cert) };
}
