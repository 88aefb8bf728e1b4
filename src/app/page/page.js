'use strict';
const [field, route, verdict, decoded, checks, said] =
  ['token', 'route', 'verdict', 'decoded', 'checks', 'said'].map(id => document.getElementById(id));
const withToken = ['call', 'copy-token', 'copy-curl'].map(id => document.getElementById(id));
// Set where the configuration names a header that carries the token alone.
const { tokenHeader } = document.body.dataset;
// What a call of a route with a body sends.
const message = '{"text":"hello"}';

// Text nodes only: no part of a token is parsed as markup.
function element(name, className, ...content) {
  const made = document.createElement(name);
  made.className = className;
  made.append(...content);
  return made;
}

// No line breaks within a date.
function whole(text) {
  return text.split(/(\(?\d{4}-\d\d-\d\dT[\d:.]+Z\)?)/)
    .map((piece, index) => index % 2 ? element('span', 'moment', piece) : piece);
}

// Every second piece between backticks is code.
function prose(text) {
  return text.split('`').flatMap((piece, index) => index % 2 ? element('code', '', piece) : whole(piece));
}

function card(className, title, ...lines) {
  const line = it => typeof it === 'string' ? element('p', '', ...prose(it)) : it;
  return element('div', `card ${className}`,
    element('p', '', element('strong', '', ...prose(title))), ...lines.filter(Boolean).map(line));
}

async function post(path, body, headers = []) {
  const answer = await fetch(path, { method: 'POST', body, headers: [['Content-Type', 'text/plain'], ...headers] });
  const json = await answer.json();
  if (!answer.ok) throw new Error(`${path} answers ${answer.status}: ${json.description}`);
  return json;
}

const marks = { passed: ['✓', 'passed'], refused: ['✗', 'refused'], not_reached: ['·', 'not reached'] };

function row({ check, outcome, found, expected }) {
  const [mark, words] = marks[outcome];
  const name = element('td', outcome, `${mark} ${check}`);
  name.setAttribute('aria-label', `${check}: ${words}`);
  return element('tr', outcome, name, element('td', '', ...whole(found)),
    element('td', 'expected quiet', ...prose(expected)));
}

function table(rows) {
  const heads = ['Check', 'Found', 'Expected'].map(text => {
    const head = element('th', '', text);
    head.scope = 'col';
    return head;
  });
  return element('div', 'card', element('table', '',
    element('caption', '', 'Every check, in order'),
    element('thead', '', element('tr', '', ...heads)),
    element('tbody', '', ...rows.map(row))));
}

// `2026-05-01T12:00:00Z, in 59 min`, for a time in seconds.
function moment(seconds, now) {
  const away = Math.abs(seconds - now);
  const [length, unit] = away < 120 ? [1, 's'] : away < 7200 ? [60, 'min'] : away < 172800 ? [3600, 'h'] : [86400, 'd'];
  const span = `${Math.round(away / length)} ${unit}`;
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return '';
  return `${date.toISOString().replace('.000', '')}, ${seconds > now ? `in ${span}` : `${span} ago`}`;
}

// JSON by lines, its names in colour, a time beside each claim that is one.
function members(title, text, at) {
  const lines = text.split('\n').flatMap(line => {
    const [, indent, name, rest] = line.match(/^(\s*)("(?:[^"\\]|\\.)*")(: .*)$/) ?? [];
    if (!name) return [line, '\n'];
    const time = line.match(/^  "(?:exp|nbf|iat|auth_time|updated_at)": (\d+)(?:\.\d+)?,?$/);
    const note = time ? moment(Number(time[1]), Date.parse(at) / 1000) : '';
    return [indent, element('b', '', name), rest, ...note ? [element('span', 'quiet', `  ${note}`)] : [], '\n'];
  });
  return element('div', 'card', element('h2', '', title), element('pre', '', ...lines));
}

function parts({ decoded: { header, claims }, proved, at }) {
  const proof = proved ? 'proved by the signature' : 'unproved';
  return [['Header', header], ['Payload', claims]].filter(([, text]) => text !== null)
    .map(([name, text]) => members(`${name}, ${proof}`, text, at));
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

// What the route has answered, or would answer.
function answered({ accepted, route: name, at, answer }, called) {
  const { status, www_authenticate: challenge, retry_after: retryAfter, body } = called ?? answer;
  const tells = called ? 'answered' : body === null ? 'lets it in' : 'answers';
  const number = body === null ? '' : ` ${status}`;
  const text = typeof body === 'string' ? pretty(body) : body && `${body.code}: ${body.description}`;
  const header = (name, value) => value && element('pre', '', `${name}: ${value}`);
  const good = called ? status < 400 : accepted;
  return card(good ? 'accepted' : 'refused', good ? 'Accepted' : 'Refused',
    `\`${name}\` ${tells}${number}${called ? ', called just now' : ''}.`,
    text && element('pre', '', text.slice(0, 4000)),
    header('WWW-Authenticate', challenge), header('Retry-After', retryAfter),
    element('p', 'quiet', `Judged at ${at}.`));
}

function show(report, called) {
  verdict.replaceChildren(answered(report, called),
    ...report.diagnoses.map(({ says, cure }) => card('', says, cure)));
  decoded.replaceChildren(...parts(report));
  checks.replaceChildren(table(report.checks));
}

function clear() {
  [verdict, decoded, checks].forEach(section => section.replaceChildren());
}

// The latest work alone is shown.
let turn = 0;
async function work(task) {
  const mine = ++turn;
  withToken.forEach(button => { button.disabled = !field.value.trim(); });
  said.textContent = '';
  try {
    const shown = await task();
    if (mine === turn) shown ? show(...shown) : clear();
  } catch (error) {
    if (mine !== turn) return;
    clear();
    verdict.replaceChildren(card('refused', 'That did not work', error.message));
  }
}

const judged = async () => field.value.trim() &&
  [await post(`/page/explain?route=${encodeURIComponent(route.value)}`, field.value, await proof())];

async function made() {
  const fields = new FormData(document.getElementById('make'));
  const text = name => fields.get(name).trim();
  const words = name => text(name).split(/[\s,]+/).filter(Boolean);
  const { token } = await post('/page/token', JSON.stringify({
    sub: text('sub'), scope: words('scope').join(' '), permissions: words('permissions'), roles: words('roles'),
    expires_in: Number(text('expires_in')), audience: text('audience'),
    jkt: fields.has('bound') ? (await pageKey()).thumbprint : '',
  }));
  field.value = token;
  withToken.forEach(button => { button.disabled = false; });
  return judged();
}

// Names and values of the headers that a client sends with this text.
async function headers() {
  const words = field.value.trim().split(/[ \t]+/);
  if (tokenHeader) return [[tokenHeader, field.value.trim()]];
  const isAlone = words.length === 1 && !['bearer', 'dpop'].includes(words[0].toLowerCase());
  const proofs = await proof();
  const scheme = proofs.length ? 'DPoP' : 'Bearer';
  return [['Authorization', isAlone ? `${scheme} ${words[0]}` : field.value.trim()], ...proofs];
}

async function called() {
  const [method, path] = route.value.split(' ');
  const send = async () => fetch(path, {
    method, headers: await headers(), body: method === 'POST' ? message : undefined, cache: 'no-store',
  });
  let answer = await send();
  if (told(answer)) {
    answer = await send();
    told(answer);
  }
  const line = name => answer.headers.get(name);
  const called = {
    status: answer.status, body: await answer.text(), www_authenticate: line('WWW-Authenticate'),
    retry_after: line('Retry-After'),
  };
  return [...await judged(), called];
}

// With a proof it serves once.
async function curlLine() {
  const [method, path] = route.value.split(' ');
  const quoted = text => `'${text.replaceAll("'", "'\\''")}'`;
  const body = method === 'POST' ? ` -d ${quoted(message)}` : '';
  const lines = (await headers()).map(header => ` -H ${quoted(header.join(': '))}`).join('');
  return `curl -i -w '\\n'${lines}${body} ${location.origin}${path}`;
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    said.textContent = 'Copied';
  } catch {
    said.textContent = 'The browser does not let this page copy';
  }
}

function on(id, event, act) {
  document.getElementById(id).addEventListener(event, act);
}

for (const [id, task] of [['judge', judged], ['make', made]]) {
  on(id, 'submit', event => {
    event.preventDefault();
    work(task);
  });
}
on('call', 'click', () => work(called));
on('copy-token', 'click', () => copy(field.value.trim()));
on('copy-curl', 'click', async () => copy(await curlLine()));
on('route', 'change', () => work(judged));
let pause;
on('token', 'input', event => {
  clearTimeout(pause);
  pause = setTimeout(() => work(judged), event.inputType?.startsWith('insertFromPaste') ? 0 : 250);
});
on('token', 'keydown', event => {
  if (event.key === 'Enter' && !event.shiftKey) {
    event.preventDefault();
    work(judged);
  }
});
document.getElementById('fields').open = matchMedia('(min-width: 60rem)').matches;
