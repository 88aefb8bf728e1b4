//! `token`: prints one signed token.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::Args;
use rocket::figment::{Figment, Profile};
use serde_json::{Map, Value, json};

use super::configuration::{ProfileArgument, bearer_config};
use super::keys::keyring::Keyring;
use super::output::{CommandFailure, say, shown_path, shown_text};
use super::proof::client_key;
use crate::app::page::Wanted;
use crate::config::{Config, Issuer};
use crate::dpop::draft;
use crate::keys::signing_key::SigningKey;
use crate::token::header::TokenType;

/// Sign a token.
#[derive(Args, Default)]
#[command(after_help = "Example:\n  rocket-bearer token --sub alice --scope 'read:messages' \
    --expires-in 10m\n  rocket-bearer token --role admin --claim 'plan={\"name\":\"gold\"}'")]
pub(super) struct TokenArguments {
    /// Whom the token is about [default: developer]
    #[arg(long)]
    sub: Option<String>,
    /// Whom it is for; may be repeated [default: the configured audience]
    #[arg(long)]
    aud: Vec<String>,
    /// Who issues it [default: the configured issuer]
    #[arg(long)]
    iss: Option<String>,
    /// Granted scopes, separated by spaces
    #[arg(long)]
    scope: Option<String>,
    /// A granted permission; may be repeated
    #[arg(long)]
    permission: Vec<String>,
    /// A role, in the claim that the key `roles` names [default: `roles`]; may be repeated
    #[arg(long)]
    role: Vec<String>,
    /// How long it is valid from now; negative for an expired one [default: 1h]
    #[arg(long, value_parser = seconds, allow_hyphen_values = true)]
    expires_in: Option<i64>,
    /// From when on it is valid, from now
    #[arg(long, value_parser = seconds, allow_hyphen_values = true)]
    not_before: Option<i64>,
    /// Another claim as `name=value`, JSON where it parses as JSON; may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    claim: Vec<(String, Value)>,
    /// A header member as `name=value`, JSON where it parses as JSON; may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    header: Vec<(String, Value)>,
    /// The key to sign with [default: the first of the set whose private key is beside it; of `--key`,
    /// the file's name]
    #[arg(long, allow_hyphen_values = true)]
    kid: Option<String>,
    /// A private key (PEM) to sign with; with `--iss` and `--aud` no configuration is needed
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Bind it to the key in this file (PEM), by `cnf.jkt`: it needs a proof with each request
    #[arg(long, value_name = "FILE")]
    bind: Option<PathBuf>,
    #[command(flatten)]
    profile: ProfileArgument,
}

pub(super) fn run(arguments: &TokenArguments) -> Result<(), CommandFailure> {
    let figment = arguments.profile.figment();
    let token = minted(arguments, &figment, SystemTime::now())?;
    if let Ok(config) = bearer_config(&figment) {
        config.tell_what_it_took();
    }
    say(&token)
}

/// A token that the configuration in `figment` accepts, with all options at their defaults.
pub(super) fn default_token(figment: &Figment) -> Result<String, CommandFailure> {
    minted(&TokenArguments::default(), figment, SystemTime::now())
}

/// A token of this issuer and key, which says what is wanted.
pub(super) fn wanted_token(
    figment: &Figment,
    iss: String,
    kid: String,
    wanted: Wanted,
) -> Result<String, CommandFailure> {
    let given = |text: String| (!text.is_empty()).then_some(text);
    let cnf = given(wanted.jkt).map(|jkt| ("cnf".to_owned(), json!({ "jkt": jkt })));
    let arguments = TokenArguments {
        iss: Some(iss),
        kid: Some(kid),
        sub: given(wanted.sub),
        aud: given(wanted.audience).into_iter().collect(),
        scope: given(wanted.scope),
        permission: wanted.permissions,
        role: wanted.roles,
        expires_in: wanted.expires_in.map(i64::from),
        claim: cnf.into_iter().collect(),
        ..TokenArguments::default()
    };
    minted(&arguments, figment, SystemTime::now())
}

fn minted(
    arguments: &TokenArguments,
    figment: &Figment,
    now: SystemTime,
) -> Result<String, CommandFailure> {
    let config = bearer_config(figment);
    let says_all = arguments.key.is_some() && arguments.iss.is_some() && !arguments.aud.is_empty();
    let config = match config {
        Err(_) if says_all => None,
        config => Some(config?),
    };
    let issuer = config.as_ref().map(|config| chosen(config, arguments));

    let (kid, key) = match &arguments.key {
        Some(path) => key_in_file(path, arguments.kid.as_deref(), issuer)?,
        None => key_beside_the_set(arguments.kid.as_deref(), issuer, figment.profile())?,
    };
    let mut claims = claims(arguments, issuer, now);
    if let Some(path) = &arguments.bind {
        let thumbprint = draft::thumbprint(&client_key(path)?);
        claims.entry("cnf").or_insert_with(|| json!({ "jkt": thumbprint }));
    }
    Ok(key.token(&header(arguments, &key, kid, issuer), &claims))
}

/// The issuer that `--iss` names, else the first whose private key is at hand, else the first.
fn chosen<'c>(config: &'c Config, arguments: &TokenArguments) -> &'c Issuer {
    let iss = arguments.iss.as_deref();
    let named = config.issuers.iter().find(|issuer| issuer.spellings().any(|it| Some(it) == iss));
    let signs = |issuer: &&Issuer| key_at_hand(arguments.kid.as_deref(), issuer).is_some();
    let needs_one = arguments.key.is_none();
    named
        .or_else(|| config.issuers.iter().find(signs).filter(|_| needs_one))
        .unwrap_or(&config.issuers[0])
}

fn key_in_file(
    path: &Path,
    kid: Option<&str>,
    issuer: Option<&Issuer>,
) -> Result<(String, SigningKey), CommandFailure> {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let kid = kid.map(str::to_owned).or(stem).unwrap_or_default();
    let shown = shown_path(path);
    let pem = fs::read(path).map_err(|error| format!("cannot read {shown}: {error}"))?;
    // The set knows the algorithm of its own keys; for another key its type decides.
    let known = issuer.and_then(|issuer| {
        let keyring = Keyring::of(issuer)?;
        let algorithm = keyring.algorithm(&kid, &keyring.keys()?)?;
        SigningKey::from_pem(&pem, algorithm).ok()
    });
    let key = known.map_or_else(|| SigningKey::of_any_type(&pem), Ok);
    let key = key.map_err(|error| format!("{shown}: {error}"))?;
    Ok((kid, key))
}

/// The first key of the set, or the one of this `kid`, whose private half lies beside it.
pub(super) fn key_at_hand(kid: Option<&str>, issuer: &Issuer) -> Option<(String, SigningKey)> {
    let keyring = Keyring::of(issuer)?;
    let keys = keyring.keys()?;
    keys.kids()
        .filter(|known| kid.is_none_or(|kid| kid == *known))
        .find_map(|kid| Some((kid.to_owned(), keyring.signing_key(kid, &keys)?)))
}

fn key_beside_the_set(
    kid: Option<&str>,
    issuer: Option<&Issuer>,
    profile: &Profile,
) -> Result<(String, SigningKey), CommandFailure> {
    let at_hand = issuer.and_then(|issuer| key_at_hand(kid, issuer));
    at_hand.ok_or_else(|| {
        let which = kid.map(|kid| format!(" for `{}`", shown_text(kid))).unwrap_or_default();
        let profile = shown_text(profile.as_str().as_str());
        CommandFailure::Because(format!(
            "no private key{which} lies beside the key set of profile `{profile}`; make one with \
             `rocket-bearer keys new`, name one with `--key FILE`, or set `ROCKET_PROFILE`"
        ))
    })
}

fn header(
    arguments: &TokenArguments,
    key: &SigningKey,
    kid: String,
    issuer: Option<&Issuer>,
) -> Map<String, Value> {
    let typ = if is_at_jwt(issuer) { "at+jwt" } else { "JWT" };
    let mut header = object(json!({ "alg": key.algorithm().name(), "typ": typ, "kid": kid }));
    header.extend(arguments.header.iter().cloned());
    header
}

fn claims(
    arguments: &TokenArguments,
    issuer: Option<&Issuer>,
    now: SystemTime,
) -> Map<String, Value> {
    let now = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs() as i64;
    let (own, tenant) = issuer.map(Issuer::sample).unzip();
    let iss = arguments.iss.as_ref().or(own.as_ref());
    let aud = match arguments.aud.as_slice() {
        [] => json!(issuer.and_then(|issuer| issuer.audience.first())),
        [one] => json!(one),
        many => json!(many),
    };
    let mut claims = object(json!({
        "iss": iss,
        "sub": arguments.sub.as_deref().unwrap_or("developer"),
        "aud": aud,
        "iat": now,
        "exp": now + arguments.expires_in.unwrap_or(3600),
    }));
    if claims["aud"].is_null() {
        claims.remove("aud");
    }
    if let Some(tenant) = tenant.flatten() {
        claims.insert("tid".to_owned(), json!(tenant));
    }
    if let Some(client) = issuer.and_then(|issuer| issuer.clients.first()) {
        claims.insert("azp".to_owned(), json!(client));
    }
    for claim in issuer.iter().flat_map(|issuer| &issuer.required_claims) {
        claim.path.put(&mut claims, claim.one_of[0].clone());
    }
    if is_at_jwt(issuer) {
        claims.extend(object(json!({ "client_id": "rocket-bearer", "jti": unique() })));
    }
    if let Some(scope) = &arguments.scope {
        claims.insert("scope".to_owned(), json!(scope));
    }
    if !arguments.permission.is_empty() {
        claims.insert("permissions".to_owned(), json!(arguments.permission));
    }
    if !arguments.role.is_empty() {
        match issuer.and_then(|issuer| issuer.roles.first()) {
            Some(path) => path.put(&mut claims, json!(arguments.role)),
            None => drop(claims.insert("roles".to_owned(), json!(arguments.role))),
        }
    }
    if let Some(seconds) = arguments.not_before {
        claims.insert("nbf".to_owned(), json!(now + seconds));
    }
    claims.extend(arguments.claim.iter().cloned());
    claims
}

fn is_at_jwt(issuer: Option<&Issuer>) -> bool {
    issuer.is_some_and(|issuer| issuer.token_type == TokenType::AtJwt)
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

/// A random id for the claim `jti`.
fn unique() -> String {
    let mut octets = [0; 16];
    aws_lc_rs::rand::fill(&mut octets).expect("the system gives random octets");
    format!("{:032x}", u128::from_be_bytes(octets))
}

/// The longest time from now that an option may ask for: 100 years.
const MOST: Duration = Duration::from_secs(100 * 365 * 86_400);

/// Reads a duration such as `1h`, `90s` or `-5m` as seconds.
fn seconds(text: &str) -> Result<i64, String> {
    let (sign, length) = match text.strip_prefix('-') {
        Some(length) => (-1, length),
        None => (1, text),
    };
    let cure = "write a duration like `90s`, `10m`, `1h` or `-5m`";
    let length = humantime::parse_duration(length).map_err(|error| format!("{error}; {cure}"))?;
    if length.subsec_nanos() != 0 {
        return Err(format!("tokens count whole seconds; {cure}"));
    }
    if length > MOST {
        return Err(format!("longer than 100 years; {cure}"));
    }
    Ok(sign * length.as_secs() as i64)
}

/// Reads `name=value`; the value is JSON where it parses as JSON, else a text.
fn pair(text: &str) -> Result<(String, Value), String> {
    let (name, value) = text.split_once('=').ok_or("write `name=value`")?;
    let value = serde_json::from_str(value).unwrap_or_else(|_| json!(value));
    Ok((name.to_owned(), value))
}
