//! What a guarded request passes through, again and again, for callgrind to count: see `README.md`.
//!
//! `path NAME TIMES`; without arguments it names what there is, one a line. `path tokens COUNT [KEYS
//! [BYTES]]` writes into the current folder what the scripts send: `tokens` of about this length,
//! `jwks.json` with their key among others, `public.pem`, and one token each in `forged` and
//! `unknown-kid`.

#![allow(clippy::print_stdout, reason = "its numbers are for a person or a script beside it")]

#[path = "../tests/support/mod.rs"]
mod support;

use std::hint::black_box;
use std::time::SystemTime;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rocket::http::{Header, Status};
use rocket::local::asynchronous::{Client, LocalRequest};
use rocket_bearer::testing::{Key, TestIssuer};
use rocket_bearer::{Algorithm, Bearer, Config, Dpop, DpopMode, Verifier};
use serde_json::{Value, json};
use support::{Signer, but, good_claims};

/// What is sent, and to which configuration.
struct Path {
    name: &'static str,
    tokens_cached: u64,
    /// Whether `clients` and `roles` are configured.
    has_rules: bool,
    /// How many rules there are by which other tokens are revoked.
    revocations: usize,
    token: fn(&Signer) -> String,
}

/// The signature alone, by a parsed key: what everything else is measured against.
const RAW: &str = "raw";

/// The key of a proof parsed, and its signature: what a bound request is measured against.
const RAW_PROOF: &str = "raw-proof";

/// A request with a bound token and a proof, through the guard, and to a route without one.
const BOUND: [&str; 2] = ["bound-warm", "bound-open"];

/// Where the proofs are for.
const BASE: &str = "https://api.example.com";

/// When the tokens that are written expire: not while they are sent.
const FAR: u64 = 4_000_000_000;

/// More refusals of a kind than this fill no lines of the log.
const LINES: u64 = 20;

/// A request that no guard looks at.
const OPEN: &str = "open";

const PATHS: [Path; 9] = [
    Path { name: "warm", tokens_cached: 10_000, has_rules: false, revocations: 0, token: good },
    Path { name: "cold", tokens_cached: 0, has_rules: false, revocations: 0, token: good },
    Path {
        name: "rules-warm",
        tokens_cached: 10_000,
        has_rules: true,
        revocations: 0,
        token: good,
    },
    Path { name: "rules-cold", tokens_cached: 0, has_rules: true, revocations: 0, token: good },
    Path {
        name: "revocations-warm",
        tokens_cached: 10_000,
        has_rules: false,
        revocations: 100_000,
        token: good,
    },
    Path { name: "forged", tokens_cached: 0, has_rules: false, revocations: 0, token: forged },
    Path {
        name: "unknown-kid",
        tokens_cached: 0,
        has_rules: false,
        revocations: 0,
        token: unknown_kid,
    },
    Path {
        name: "garbage",
        tokens_cached: 0,
        has_rules: false,
        revocations: 0,
        token: |_| "garbage".to_owned(),
    },
    Path {
        name: "none",
        tokens_cached: 0,
        has_rules: false,
        revocations: 0,
        token: |_| String::new(),
    },
];

/// The client of the tokens.
const CLIENT: &str = "mYcLiEnTiDmYcLiEnTiDmYcLiEnTiD01";

/// A claim of theirs that holds roles.
const ROLES: &str = "https://example.com/roles";

fn good(key: &Signer) -> String {
    token(key, json!({}))
}

/// As long as Auth0's are, with a custom claim and an API's permissions: about 900 bytes.
fn token(key: &Signer, members: Value) -> String {
    let claims = json!({
        "aud": [support::AUDIENCE, "https://tenant.eu.auth0.com/userinfo"],
        "sub": "auth0|65f0a1b2c3d4e5f60718293a",
        "azp": CLIENT,
        "scope": "openid profile email read:messages",
        "permissions": ["read:messages", "write:messages"],
        ROLES: ["editor"],
    });
    let header = but(key.header(), json!({ "typ": "JWT", "kid": key.kid }));
    key.token(&header, &but(but(good_claims(), claims), members))
}

fn forged(key: &Signer) -> String {
    let (one, two) = (good(key), key.token(&key.header(), &json!({})));
    let signature = two.rsplit_once('.').unwrap().1;
    format!("{}.{signature}", one.rsplit_once('.').unwrap().0)
}

fn unknown_kid(key: &Signer) -> String {
    good(&key.clone().with_kid("somebody else's"))
}

fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).filter(|it| it != "--bench").collect();
    let [name, times, sizes @ ..] = arguments.as_slice() else {
        println!("{RAW}");
        println!("{RAW_PROOF}");
        for Path { name, .. } in PATHS.iter().filter(|path| path.name != "none") {
            println!("{name}");
        }
        println!("guard-{OPEN}");
        PATHS.iter().for_each(|path| println!("guard-{}", path.name));
        BOUND.iter().for_each(|name| println!("guard-{name}"));
        return;
    };
    let number = |text: &String| text.parse().expect("a number");
    let (times, key) = (number(times), Signer::of("RS256"));
    if name == "tokens" {
        let size = |at: usize| sizes.get(at).map_or(0, number);
        return write_tokens(&key, times, size(0), size(1)).expect("a folder to write to");
    }
    match name.strip_prefix("guard-") {
        Some(OPEN) => guard(&key, &PATHS[0], "/healthz", times),
        Some("bound-warm") => bound(&key, "/headers", times),
        Some("bound-open") => bound(&key, "/healthz", times),
        Some(name) => guard(&key, path(name), "/headers", times),
        None if name == RAW => raw(&key, times),
        None if name == RAW_PROOF => raw_proof(&key, times),
        None => verify(&key, path(name), times),
    }
}

fn path(name: &str) -> &'static Path {
    PATHS.iter().find(|path| path.name == name).expect("the name of a path")
}

impl Path {
    fn config(&self, key: &Signer) -> Config {
        let mut issuer = support::issuer(key.set());
        if self.has_rules {
            issuer = issuer.clients([CLIENT]).and_then(|issuer| issuer.roles([ROLES])).unwrap();
        }
        let config = Config::new(issuer).cache_tokens(self.tokens_cached).unwrap();
        match self.revocations {
            0 => config,
            revocations => config.revocation_file(support::revocations(revocations)),
        }
    }
}

fn public(key: &Signer) -> ParsedPublicKey {
    let octets = |member: &str| URL_SAFE_NO_PAD.decode(key.jwk[member].as_str().unwrap()).unwrap();
    let public = RsaPublicKeyComponents { n: octets("n"), e: octets("e") };
    public.to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256).unwrap()
}

fn write_tokens(key: &Signer, count: u64, keys: u64, bytes: u64) -> std::io::Result<()> {
    let pem = STANDARD.encode(public(key).as_ref());
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{pem}\n-----END PUBLIC KEY-----\n");
    std::fs::write("public.pem", pem)?;
    let other = |number: u64| but(key.jwk.clone(), json!({ "kid": number.to_string() }));
    let set: Vec<Value> = (1..keys).map(other).chain([key.jwk.clone()]).collect();
    std::fs::write("jwks.json", json!({ "keys": set }).to_string())?;
    std::fs::write("forged", forged(key))?;
    std::fs::write("unknown-kid", unknown_kid(key))?;
    let lacking = bytes.saturating_sub(good(key).len() as u64) as usize;
    let filling = (lacking > 0).then(|| json!({ "filling": "x".repeat(lacking * 3 / 4) }));
    let numbered = |number: u64| {
        let claims = json!({ "jti": number.to_string(), "exp": FAR });
        token(key, but(claims, filling.clone().unwrap_or(json!({}))))
    };
    std::fs::write("tokens", (0..count).map(numbered).collect::<Vec<_>>().join("\n"))
}

fn raw(key: &Signer, times: u64) {
    let public = public(key);
    let token = good(key);
    let (input, signature) = token.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    counted(times, || public.verify_sig(black_box(input.as_bytes()), &signature).unwrap());
}

fn verify(key: &Signer, path: &Path, times: u64) {
    let verifier = Verifier::new(&path.config(key)).unwrap();
    let (token, now) = ((path.token)(key), SystemTime::now());
    let is_good = verifier.verify(&token, now).is_ok();
    counted(times, || assert_eq!(verifier.verify(black_box(&token), now).is_ok(), is_good));
}

fn guard(key: &Signer, path: &Path, uri: &str, times: u64) {
    let credentials = format!("Bearer {}", (path.token)(key));
    let credentials = (path.name != "none").then(|| Header::new("Authorization", credentials));
    let mut with = |request: &mut LocalRequest<'_>| {
        credentials.iter().for_each(|header| request.add_header(header.clone()));
    };
    ask(path.config(key), uri, times, &mut with);
}

/// Asks the app without a network, and adds to each request what it is sent `with`; the status is always
/// the same.
///
/// There is one of it in the program, so that each path is compiled in the same way.
fn ask(
    config: Config,
    uri: &str,
    times: u64,
    with: &mut dyn FnMut(&mut LocalRequest<'_>),
) -> Status {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let rocket = rocket_bearer::app::mounted_on(rocket::custom(support::figment()));
    let rocket = rocket.attach(Bearer::with(config));
    let client = runtime.block_on(Client::untracked(rocket)).unwrap();
    let mut answer = || {
        let mut request = client.get(uri.to_owned());
        with(&mut request);
        runtime.block_on(request.dispatch()).status()
    };
    let status = answer();
    // Of a flood; its first refusals get a line each.
    (1..LINES).for_each(|_| assert_eq!(answer(), status));
    counted(times, || assert_eq!(answer(), status));
    status
}

/// The key of a client.
fn holder() -> Key {
    Key::of(Algorithm::ES256)
}

/// A token that is bound to this key, of about a kilobyte.
fn bound_token(key: &Signer, holder: &Key) -> String {
    // The kit knows the thumbprint.
    let bound = TestIssuer::new().token().bound_to(holder).to_string();
    let payload = URL_SAFE_NO_PAD.decode(bound.split('.').nth(1).unwrap()).unwrap();
    let payload: Value = serde_json::from_slice(&payload).unwrap();
    token(key, json!({ "cnf": payload["cnf"], "filling": "x".repeat(70) }))
}

fn proof(holder: &Key, token: &str) -> String {
    holder.proof("GET", &format!("{BASE}/headers")).for_token(token).to_string()
}

/// Each time another proof, as of bound requests: what a signature costs to verify depends on its octets.
fn raw_proof(key: &Signer, times: u64) {
    let holder = holder();
    let jwk = holder.jwk();
    let octets = |member: &str| URL_SAFE_NO_PAD.decode(jwk[member].as_str().unwrap()).unwrap();
    let point = [vec![4], octets("x"), octets("y")].concat();
    let token = bound_token(key, &holder);
    let signed = |_| {
        let proof = proof(&holder, &token);
        let (input, signature) = proof.rsplit_once('.').unwrap();
        (input.to_owned(), URL_SAFE_NO_PAD.decode(signature).unwrap())
    };
    let mut proofs = (0..times).map(signed).collect::<Vec<_>>();
    counted(times, || {
        let (input, signature) = proofs.pop().expect("one for each time");
        let key = ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, black_box(&point)).unwrap();
        key.verify_sig(black_box(input.as_bytes()), &signature).unwrap();
    });
}

/// A remembered token and each time another proof.
fn bound(key: &Signer, uri: &str, times: u64) {
    let holder = holder();
    let token = bound_token(key, &holder);
    let mut proofs = (0..times + LINES).map(|_| proof(&holder, &token)).collect::<Vec<_>>();
    let dpop = Dpop::default().mode(DpopMode::Allowed).base([BASE]).unwrap();
    let credentials = Header::new("Authorization", format!("DPoP {token}"));
    let mut with = |request: &mut LocalRequest<'_>| {
        request.add_header(credentials.clone());
        request.add_header(Header::new("DPoP", proofs.pop().expect("one for each request")));
    };
    assert_eq!(ask(PATHS[0].config(key).dpop(dpop), uri, times, &mut with), Status::Ok);
}

/// Callgrind counts in here only.
#[inline(never)]
fn counted(times: u64, mut what: impl FnMut()) {
    (0..times).for_each(|_| what());
}
