'use strict';
const field = document.getElementById('token');
const result = document.getElementById('result');

// Text nodes only: no part of a token is parsed as markup.
function element(name, className, ...content) {
  const made = document.createElement(name);
  made.className = className;
  made.append(...content);
  return made;
}

// Every second piece between backticks is code.
function prose(text) {
  return text.split('`').map((piece, index) => index % 2 ? element('code', '', piece) : piece);
}

function card(className, title, ...lines) {
  return element('div', `card ${className}`,
    element('p', '', element('strong', '', ...prose(title))),
    ...lines.filter(Boolean).map(line => element('p', '', ...typeof line === 'string' ? prose(line) : [line])));
}

async function post(path, body) {
  const answer = await fetch(path, { method: 'POST', body, headers: { 'Content-Type': 'text/plain' } });
  const json = await answer.json();
  if (!answer.ok) throw new Error(`${path} answers ${answer.status}: ${json.description}`);
  return json;
}

const marks = { passed: ['✓', 'passed'], refused: ['✗', 'refused'], not_reached: ['·', 'not reached'] };

function row({ check, outcome, found, expected }) {
  const [mark, words] = marks[outcome];
  const name = element('td', outcome, `${mark} ${check}`);
  name.setAttribute('aria-label', `${check}: ${words}`);
  return element('tr', outcome, name, element('td', '', found), element('td', 'expected', ...prose(expected)));
}

function table(checks) {
  const heads = ['Check', 'Found', 'Expected'].map(text => {
    const head = element('th', '', text);
    head.scope = 'col';
    return head;
  });
  return element('div', 'card scroll', element('table', '',
    element('caption', '', 'The walk'),
    element('thead', '', element('tr', '', ...heads)),
    element('tbody', '', ...checks.map(row))));
}

function report({ accepted, at, checks, answer, diagnoses }) {
  const { status, www_authenticate, retry_after, body } = answer;
  const said = typeof body === 'string' ? body : `${body.code}: ${body.description}`;
  return [
    card(accepted ? 'accepted' : 'refused', accepted ? 'Accepted' : 'Refused',
      `GET /headers answers ${status}. ${said}`,
      www_authenticate && element('code', '', `WWW-Authenticate: ${www_authenticate}`),
      retry_after && element('code', '', `Retry-After: ${retry_after}`)),
    ...diagnoses.map(({ says, cure }) => card('', says, cure)),
    table(checks),
    element('p', 'not_reached', `Judged at ${at}. What was found is the token's own word, proved only where signature has passed; the signature is not shown.`),
  ];
}

async function busy(work) {
  // A disabled button would lose the keyboard focus.
  if (result.ariaBusy === 'true') return;
  result.ariaBusy = 'true';
  try {
    result.replaceChildren(...await work());
  } catch (error) {
    result.replaceChildren(card('refused', 'That did not work', error.message));
  } finally {
    result.ariaBusy = 'false';
  }
}

const explained = async () => report(await post('/page/explain', field.value));

async function minted() {
  const { token } = await post('/page/token', '');
  field.value = token;
  const answer = await fetch('/headers', { headers: { Authorization: `Bearer ${token}` } });
  const called = card('', 'GET /headers was called', `${answer.status}: ${await answer.text()}`);
  return [called, ...await explained()];
}

document.getElementById('form').addEventListener('submit', event => {
  event.preventDefault();
  busy(explained);
});
document.getElementById('mint').addEventListener('click', () => busy(minted));
field.addEventListener('keydown', event => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    busy(explained);
  }
});
