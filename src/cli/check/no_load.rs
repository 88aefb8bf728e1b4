//! The finding on keys that could not be loaded: what was in the way, and what to do about it.

use super::finding::{Finding, Subject, error};
use crate::config::Issuer;
use crate::keys::source::{Location, Source};

/// For an issuer without any key, whose tokens all get 503.
pub(super) fn finding((code, text): (&str, &str), subject: &Subject<'_>) -> Option<Finding> {
    let cure = match code {
        // `metadata` has a finding with the names of both issuers.
        "other_issuer" if subject.published.metadata.is_some() => return None,
        "timeout" => {
            "raise `jwks.timeout` if the issuer is slow; else can this machine reach the host? `jwks.proxy` may be \
             missing"
        }
        "unreachable" => unreachable(text),
        "bad_jwks_uri" if may_be_named(subject) => {
            "if you trust that address, name it yourself as `jwks_uri`"
        }
        "bad_jwks_uri" => {
            "have the issuer correct that address, or name the set yourself as `jwks_uri`, by `https`"
        }
        "unusable_token_file" => {
            "name as `jwks_token_file` a file with a bearer token and nothing else"
        }
        "too_large" => "raise `jwks.max_bytes` if that is a key set",
        _ => match subject.configured.source {
            Source::Remote(Location::Discovery { .. }, _) => {
                "is `issuer` right? else name the set itself as `jwks_uri`"
            }
            Source::Remote(Location::Uri(_), _) => "is `jwks_uri` right, or the `domain`?",
            // Keys in code and in files are loaded at launch; without them there is no verifier.
            _ => return None,
        },
    };
    Some(error(format!("no keys, every token gets 503: {text}"), cure))
}

/// Whether the address of the keys that the metadata names is one that a configuration may name.
fn may_be_named(subject: &Subject<'_>) -> bool {
    let named = subject.published.metadata.as_ref().map(|it| it.jwks_uri.as_str());
    named.is_some_and(|uri| Issuer::with_uri(&subject.configured.issuer, uri, ["any"]).is_ok())
}

/// What to do about a connection that failed with this text of the TLS library, or of the system.
fn unreachable(text: &str) -> &'static str {
    let cures = [
        (
            "InvalidContentType",
            "plain http answers at that port: name the port of https, or let a proxy before it speak https",
        ),
        ("Expired", "the certificate there has expired: have it renewed; no setting takes it"),
        ("expired", "the certificate there has expired: have it renewed; no setting takes it"),
        (
            "NotValidYet",
            "the certificate there is not valid yet: look at the clock of this machine",
        ),
        (
            "not valid yet",
            "the certificate there is not valid yet: look at the clock of this machine",
        ),
        ("NotValidForName", "use a host name that the certificate there is for"),
        ("not valid for name", "use a host name that the certificate there is for"),
        (
            "UnknownIssuer",
            "name as `jwks.ca_file` the authority that signed the certificate there, in PEM",
        ),
    ];
    let found = cures.into_iter().find(|(mark, _)| text.contains(mark));
    found.map_or(
        "can this machine reach the host? `jwks.proxy` and `jwks.ca_file` may be missing",
        |(_, cure)| cure,
    )
}
