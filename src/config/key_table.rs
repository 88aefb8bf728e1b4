//! The keys there are, one row each: its name, how it is written, and the setter that takes it.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;

use super::algorithms;
use super::builder::Config;
use super::original_request::OriginalRequest;
use super::setting::{self, FromVariable, Setting};
use super::trusted_issuer::Issuer;
use crate::dpop::{Dpop, DpopMode};
use crate::error::{Error, Invalid, invalid};
use crate::keys::source::Source;
use crate::keys::source::fetching::KeyFetching;
use crate::named_file::NamedFile;
use crate::rejection::StatusTable;
use crate::store::StoreSettings;
use crate::token::header::TokenType;
use Kind::{Flag, List, Lists, Making, Names, Number, Path, Seconds, Table, Text};

/// A key, and what it sets of a `T`.
pub(super) struct Row<T: 'static>(&'static str, Kind<T>);

/// How a value is written, and the setter that takes it.
enum Kind<T: 'static> {
    Text(Setter<T, String>),
    Path(Setter<T, NamedFile>),
    List(Setter<T, Vec<String>>),
    /// A list whose errors say which name is meant.
    Names(fn(T, &Setting) -> Result<T, Error>),
    Number(Setter<T, u64>),
    Seconds(Setter<T, Duration>),
    Flag(Setter<T, bool>),
    Table(Setter<T, Vec<(String, Vec<Value>)>>),
    /// A table of names, each with a list of texts.
    Lists(Setter<T, Vec<(String, Vec<String>)>>),
    /// Without a setter: `read` makes the issuer of it.
    Making(FromVariable),
}

type Setter<T, V> = fn(T, V) -> Result<T, Invalid>;

/// The keys that say where signing keys come from, each with what it says beside an `issuer`; a
/// `domain` has its own, and an `issuer` without any of these is discovered.
pub(super) const SOURCES: [(&str, Option<SourceOf>); 3] = [
    ("domain", None),
    ("jwks_uri", Some(|said| said.checked(Source::fetched(&said.text()?)))),
    ("jwks_file", Some(|said| said.file().map(Source::File))),
];

type SourceOf = fn(&Setting) -> Result<Source, Error>;

/// The keys of one issuer alone, at the top level or under `issuers.<name>`.
pub(super) const OF_ONE_ISSUER: &[Row<Issuer>] = &[
    Row("domain", Making(setting::text)),
    Row("issuer", Making(setting::text)),
    Row("jwks_uri", Making(setting::text)),
    Row("jwks_file", Making(setting::text)),
    Row("provider", Making(setting::text)),
    Row("jwks_token_file", Path(Issuer::jwks_token_named_file)),
    Row("aliases", List(Issuer::aliases)),
    Row("tenants", List(Issuer::tenants)),
];

/// The keys that the top level says for each issuer whose own table does not.
pub(super) const OF_EACH_ISSUER: &[Row<Issuer>] = &[
    Row("audience", Making(setting::list_or_false)),
    Row("clients", List(Issuer::clients)),
    Row("claims", Table(Issuer::claims)),
    Row("kid", Text(Issuer::kid_named)),
    Row("anonymous", Flag(|issuer, accepted| Ok(issuer.anonymous(accepted)))),
    Row("algorithms", Names(algorithms::set)),
    Row("token_type", Text(|issuer, name| Ok(issuer.token_type(token_type(&name)?)))),
    Row("roles", List(Issuer::roles)),
    Row("logout_clients", List(Issuer::logout_clients)),
];

/// The keys at the top level only.
pub(super) const OF_THE_APP: &[Row<Config>] = &[
    Row("leeway", Seconds(Config::leeway)),
    Row("max_age", Seconds(Config::max_age)),
    Row("max_token_bytes", Number(Config::max_token_bytes)),
    Row("errors", Text(|config, name| Ok(config.errors(status_table(&name)?)))),
    Row("realm", Text(|config, realm| config.realm(&realm))),
    Row("resource", Text(|config, url| config.resource(&url))),
    Row("jwks.refresh", Seconds(|config, time| fetching(config, |it| it.refresh(time)))),
    Row("jwks.cooldown", Seconds(|config, time| fetching(config, |it| it.cooldown(time)))),
    Row("jwks.stale", Seconds(|config, time| fetching(config, |it| it.stale(time)))),
    Row("jwks.timeout", Seconds(|config, time| fetching(config, |it| it.timeout(time)))),
    Row("jwks.max_bytes", Number(|config, bytes| fetching(config, |it| it.max_bytes(bytes)))),
    Row("jwks.ca_file", Path(|config, file| fetching(config, |it| Ok(it.ca_named_file(file))))),
    Row("jwks.proxy", Text(|config, url| fetching(config, |it| it.proxy(&url)))),
    Row("jwks.no_proxy", List(|config, hosts| fetching(config, |it| it.no_proxy(hosts)))),
    Row("jwks.watch", Flag(|config, watch| fetching(config, |it| Ok(it.watch(watch))))),
    Row("forward.headers", List(Config::forward_headers)),
    Row(
        "forward.original",
        Text(|config, name| Ok(config.original_request(OriginalRequest::named(&name)?))),
    ),
    Row("cors.origins", List(Config::cors_origins)),
    Row("cache.tokens", Number(Config::cache_tokens)),
    Row("metrics.address", Text(|config, text| Ok(config.metrics(socket(&text)?)))),
    Row("log.sub", Flag(|config, with_sub| Ok(config.log_sub(with_sub)))),
    Row("logout.path", Text(|config, path| config.logout_path(&path))),
    Row("logout.by", Text(|config, name| config.logout_by_named(&name))),
    Row("logout.keep", Seconds(Config::logout_keep)),
    Row("revocation.file", Path(|config, file| Ok(config.revocation_named_file(file)))),
    Row("revocation.redis", Flag(|config, in_redis| Ok(config.revocation_in_redis(in_redis)))),
    Row("revocation.max_age", Seconds(Config::revocation_max_age)),
    Row("revocation.rules", Number(Config::revocation_rules)),
    Row("dpop.mode", Text(|config, name| dpop(config, |it| Ok(it.mode(dpop_mode(&name)?))))),
    Row("dpop.base", List(|config, urls| dpop(config, |it| it.base(urls)))),
    Row("dpop.algorithms", Names(algorithms::set_of_proofs)),
    Row("dpop.max_age", Seconds(|config, time| dpop(config, |it| it.max_age(time)))),
    Row("dpop.leeway", Seconds(|config, time| dpop(config, |it| it.leeway(time)))),
    Row("dpop.nonce", Text(|config, name| dpop(config, |it| Ok(it.require_nonce(nonces(&name)?))))),
    Row(
        "dpop.nonce_key_file",
        Path(|config, file| dpop(config, |it| Ok(it.nonce_key_named_file(file)))),
    ),
    Row("dpop.entries", Number(|config, number| dpop(config, |it| it.entries(number)))),
    Row("token_header", Text(|config, name| config.token_header(&name))),
    Row("store.redis", Text(|config, url| store(config, |it| it.redis(&url)))),
    Row("store.ca_file", Path(|config, file| store(config, |it| Ok(it.ca_named_file(file))))),
    Row("store.prefix", Text(|config, text| store(config, |it| it.prefix(&text)))),
    Row("store.deadline_ms", Number(|config, millis| store(config, |it| it.deadline_ms(millis)))),
    Row("store.on_outage", Text(|config, name| store(config, |it| it.on_outage_named(&name)))),
    Row("scopes.implies", Lists(Config::scopes_imply)),
];

/// The `target` with all that the keys of these rows set, where they are `said`.
pub(super) fn set<'s, T>(
    rows: &[Row<T>],
    target: T,
    said: impl Fn(&'static str) -> Option<&'s Setting>,
) -> Result<T, Error> {
    rows.iter().try_fold(target, |target, Row(key, kind)| {
        let Some(said) = said(key) else { return Ok(target) };
        said.checked(match kind {
            Text(set) => set(target, said.text()?),
            Path(set) => set(target, said.file()?),
            List(set) => set(target, said.list()?),
            Names(set) => return set(target, said),
            Number(set) => set(target, said.whole_number()?),
            Seconds(set) => set(target, Duration::from_secs(said.whole_number()?)),
            Flag(set) => set(target, said.flag()?),
            Table(set) => set(target, said.table()?),
            Lists(set) => set(target, said.lists()?),
            Making(_) => Ok(target),
        })
    })
}

impl<T> Row<T> {
    fn named_reader(&self) -> (&'static str, FromVariable) {
        let reader = match self.1 {
            Text(_) | Path(_) => setting::text,
            List(_) | Names(_) => setting::list,
            Number(_) | Seconds(_) => setting::whole_number,
            Flag(_) => setting::flag,
            Table(_) => setting::table,
            Lists(_) => setting::lists,
            Making(reader) => reader,
        };
        (self.0, reader)
    }
}

/// Reads the text of a variable for this key, if there is such a key.
pub(super) fn reader(key: &str) -> Option<FromVariable> {
    let (scope, last) = split(key);
    all(scope).find(|(known, _)| *known == last).map(|(_, reader)| reader)
}

/// Whether this is a table within `bearer`; `issuers` holds one more table for each name.
pub(super) fn is_table(key: &str) -> bool {
    key == "issuers"
        || key.strip_prefix("issuers.").is_some_and(|name| !name.contains('.'))
        || OF_THE_APP.iter().any(|row| table_of(row) == Some(key))
}

fn table_of(row: &Row<Config>) -> Option<&'static str> {
    row.0.split_once('.').map(|(table, _)| table)
}

/// Whether this says something of an issuer: a key of one, or a table about them.
pub(super) fn is_of_issuers(key: &str) -> bool {
    let mut rows = OF_ONE_ISSUER.iter().chain(OF_EACH_ISSUER);
    ["issuers", "jwks"].contains(&key) || rows.any(|row| row.0 == key)
}

/// Whether the top level says this of its own issuer only.
pub(super) fn is_of_one_issuer(key: &str) -> bool {
    OF_ONE_ISSUER.iter().any(|row| row.0 == key)
}

/// `issuers.acme.domain` → (`issuers.acme.`, `domain`); the first part is empty for other keys.
pub(super) fn split(key: &str) -> (&str, &str) {
    let is_of_an_issuer = key.starts_with("issuers.") && key.matches('.').count() == 2;
    let last = if is_of_an_issuer { key.rfind('.').map_or(0, |dot| dot + 1) } else { 0 };
    key.split_at(last)
}

/// The cure for a key that does not exist; `spell` writes a key as it would have to be written.
pub(super) fn cure(key: &str, spell: impl Fn(&str) -> String) -> String {
    if is_table(key) {
        let keys = OF_THE_APP.iter().filter(|row| table_of(row) == Some(key));
        let keys: Vec<_> = keys.map(|row| format!("`{}`", spell(row.0))).collect();
        let named = if keys.is_empty() { "" } else { ", by " };
        return format!("write it as a table, not as a value{named}{}", keys.join(", "));
    }
    if let Some(rest) = key.strip_prefix("issuer.") {
        return format!("did you mean `{}`?", spell(&format!("issuers.{rest}")));
    }
    let within = |table| key.split_once(&format!("{table}.")).map(|(scope, _)| (scope, table));
    if let Some((scope, table)) = within("claims").or_else(|| within("scopes.implies")) {
        let whole = spell(&format!("{scope}{table}"));
        return format!("write the whole table as one JSON object in `{whole}`");
    }
    let of_an_issuer = key.strip_prefix("issuers.").and_then(|rest| rest.split_once('.'));
    if let Some((_, rest)) = of_an_issuer
        && (is_table(rest) || OF_THE_APP.iter().any(|row| row.0 == rest))
    {
        let written = spell(rest);
        return format!("it is the same for every issuer: write it outside of any, as `{written}`");
    }
    let (scope, last) = split(key);
    let tables = OF_THE_APP.iter().filter_map(table_of).chain(["issuers"]);
    let similar = all(scope)
        .map(|(known, _)| known)
        .chain(tables.filter(|_| scope.is_empty()))
        .map(|known| (strsim::osa_distance(known, last), known))
        // Of a name of three letters, two others make another word: `aud` is not `kid`.
        .filter(|(distance, known)| *distance <= 2 && 2 * distance < known.len())
        .min();
    match similar {
        Some((_, known)) => format!("did you mean `{}`?", spell(&format!("{scope}{known}"))),
        None => {
            let known: Vec<_> = all(scope).map(|(known, _)| known).collect();
            format!("remove it; the keys are {}", known.join(", "))
        }
    }
}

fn all(scope: &str) -> impl Iterator<Item = (&'static str, FromVariable)> {
    let of_the_app = if scope.is_empty() { OF_THE_APP } else { &[] };
    let of_issuers = OF_ONE_ISSUER.iter().chain(OF_EACH_ISSUER).map(Row::named_reader);
    of_issuers.chain(of_the_app.iter().map(Row::named_reader))
}

fn fetching(
    mut config: Config,
    set: impl FnOnce(KeyFetching) -> Result<KeyFetching, Invalid>,
) -> Result<Config, Invalid> {
    config.fetching = set(config.fetching)?;
    Ok(config)
}

fn dpop(
    mut config: Config,
    set: impl FnOnce(Dpop) -> Result<Dpop, Invalid>,
) -> Result<Config, Invalid> {
    config.dpop = set(config.dpop)?;
    Ok(config)
}

fn dpop_mode(name: &str) -> Result<DpopMode, Invalid> {
    match name {
        "off" => Ok(DpopMode::Off),
        "allowed" => Ok(DpopMode::Allowed),
        "required" => Ok(DpopMode::Required),
        _ => Err(invalid("is no mode", "write `off`, `allowed` or `required`")),
    }
}

fn nonces(name: &str) -> Result<bool, Invalid> {
    match name {
        "off" => Ok(false),
        "required" => Ok(true),
        _ => Err(invalid("does not say whether nonces are required", "write `off` or `required`")),
    }
}

fn store(
    mut config: Config,
    set: impl FnOnce(StoreSettings) -> Result<StoreSettings, Invalid>,
) -> Result<Config, Invalid> {
    config.store = set(config.store)?;
    Ok(config)
}

fn token_type(name: &str) -> Result<TokenType, Invalid> {
    match name {
        "any" => Ok(TokenType::Any),
        "at+jwt" => Ok(TokenType::AtJwt),
        _ => Err(invalid("is no token type", "write `any` or `at+jwt`")),
    }
}

fn status_table(name: &str) -> Result<StatusTable, Invalid> {
    match name {
        "rfc6750" => Ok(StatusTable::Rfc6750),
        "auth0" => Ok(StatusTable::Auth0),
        _ => Err(invalid("is no status table", "write `rfc6750` or `auth0`")),
    }
}

fn socket(text: &str) -> Result<SocketAddr, Invalid> {
    let cure = "write it as `127.0.0.1:9464`, or `[::1]:9464`";
    text.parse().map_err(|_| invalid("is no address with a port", cure))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_stands_in_the_reference() {
        let reference = include_str!("../../docs/configuration.md");
        for (key, _) in all("") {
            assert!(reference.contains(&format!("| `{key}` |")), "{key}");
        }
    }
}
