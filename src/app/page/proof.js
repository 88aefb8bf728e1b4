// Tokens that are bound to a key of this page (RFC 9449), and the proofs for them.
const bases = document.body.dataset.dpopBase.split(' ').filter(Boolean);
// What the URLs of proofs begin with; nothing where bound tokens are not taken.
const base = bases.find(it => new URL(it).origin === location.origin) ?? bases[0];

const encoded = octets => btoa(String.fromCharCode(...octets))
  .replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
const digest = async text =>
  encoded(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))));

// The key of this page, made when it is first asked for. Its private half cannot be read, and is gone with the page.
let pair;
const pageKey = () => pair ??= (async () => {
  const { privateKey, publicKey } =
    await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']);
  const { crv, kty, x, y } = await crypto.subtle.exportKey('jwk', publicKey);
  const jwk = { crv, kty, x, y };
  return { privateKey, jwk, thumbprint: await digest(JSON.stringify(jwk)) };
})();

// What the server has told for the next proof.
let nonce;

// The header with a proof for the chosen route, where the token is bound to the key of this page.
async function proof() {
  const token = field.value.trim().split(/[ \t]+/).pop();
  if (!base || !pair) return [];
  const { privateKey, jwk, thumbprint } = await pageKey();
  try {
    const payload = token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/');
    if (JSON.parse(atob(payload)).cnf.jkt !== thumbprint) return [];
  } catch {
    return [];
  }
  const [htm, path] = route.value.split(' ');
  const header = { typ: 'dpop+jwt', alg: 'ES256', jwk };
  const claims = {
    jti: crypto.randomUUID(), htm, htu: base + path, iat: Math.floor(Date.now() / 1000), ath: await digest(token), nonce,
  };
  const text = it => encoded(new TextEncoder().encode(JSON.stringify(it)));
  const input = `${text(header)}.${text(claims)}`;
  const signature = await crypto.subtle.sign(
    { name: 'ECDSA', hash: 'SHA-256' }, privateKey, new TextEncoder().encode(input));
  return [['DPoP', `${input}.${encoded(new Uint8Array(signature))}`]];
}

// The next nonce, if an answer tells one; whether the answer asks for it.
function told({ headers }) {
  nonce = headers.get('DPoP-Nonce') ?? nonce;
  return headers.get('WWW-Authenticate')?.includes('use_dpop_nonce');
}
