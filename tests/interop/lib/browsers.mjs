// Debian's browsers, headless, each with a profile of its own.

import puppeteer from 'puppeteer-core';

import { atTheEnd } from './harness.mjs';

/** A name that leads to this machine, as a rebound one does. */
export const REBOUND = 'rebound.test';

const browsers = {
  Chromium: {
    browser: 'chrome',
    executablePath: '/usr/bin/chromium',
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync',
      '--disable-dev-shm-usage', `--host-resolver-rules=MAP ${REBOUND} 127.0.0.1`,
    ],
  },
  Firefox: {
    browser: 'firefox',
    executablePath: '/usr/bin/firefox-esr',
    extraPrefsFirefox: {
      'network.dns.localDomains': REBOUND,
      // A test reads the clipboard without a click on 'Paste'.
      'dom.events.testing.asyncClipboard': true,
    },
  },
};

export const NAMES = Object.keys(browsers);

/** The longest time that one script of a test takes, in milliseconds. */
const LONGEST = 300_000;

/** The browser of this name, until the part is over. */
export async function launch(name) {
  const browser = await puppeteer.launch({ headless: true, protocolTimeout: LONGEST, ...browsers[name] });
  atTheEnd(() => browser.close());
  return browser;
}
