// How a path may be written, and what a service may take it for.

/** Ways to write `/messages` that somebody may read as such. */
export const disguises = [
  '//messages', '/./messages', '/x/../messages', '/%6dessages', '/%2e/messages', '/x/%2e%2e/messages',
  '/messages/', '/messages//', '/messages;x', '/messages%2f', '/messages%3Fx', '/;/messages', '/\\messages',
  '/messages?scope=', '/messages/../messages', '/.//messages', '/%5cmessages', '/x;/../messages',
  '/messages/../x', '/messages/%2e%2e/x', '/messages/.%2E/x', '/messages/..%2fx', '/messages/a/../../x',
  '//x/messages', '///x/messages', '/%2fx/messages', 'http://x//y/messages', '/messages%0a', '/messages%00',
  '/messages.json', 'http://x/messages', 'HTTP://x//messages', '/#/../messages', '/messages#', '/%23/../messages',
];

/** What a service may read as the path of this target of a request. */
export function readings(arrived) {
  const resolved = new URL(arrived, 'http://a').pathname;
  return [reads(arrived), reads(arrived.split('#')[0]), target(arrived), resolved];
}

/** A path as a service reads it that takes it as it stands. */
function target(path) {
  return path.replace(/^https?:\/\/[^/]*/i, '').split('?')[0];
}

/** The same as the most lenient of services would read it. */
function reads(path) {
  const decoded = unescape(target(path)).replaceAll('\\', '/');
  const segments = [];
  for (const segment of decoded.split('/').map((segment) => segment.split(';')[0])) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(segment);
  }
  return `/${segments.join('/')}`;
}
