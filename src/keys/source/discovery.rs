//! The metadata of an issuer, which says where its keys are (OIDC Discovery, RFC 8414).

use reqwest::{Response, StatusCode};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::fetch_error::FetchError;
use super::http::HttpClient;
use crate::address::{has_user, is_loopback, is_private, may_be_here, shown};
use crate::json::Strict;

/// What we read of an issuer's metadata (OIDC Discovery §3, RFC 8414 §2).
#[derive(Debug, Deserialize)]
pub(crate) struct IssuerMetadata {
    pub(crate) issuer: String,
    pub(crate) jwks_uri: String,
}

/// The metadata of an issuer and where it was: OIDC Discovery §4 first, then RFC 8414 §3, which some
/// issuers have alone. The error tells both answers: some issuers answer 403, or redirect, where they
/// have no metadata, and others have it there.
pub(crate) async fn metadata(
    http: &HttpClient,
    issuer: &Url,
) -> Result<(Url, Response), FetchError> {
    let openid = openid_configuration(issuer);
    match http.get(&openid).await {
        Err(first @ FetchError::Status { .. }) => {
            let oauth = oauth_metadata(issuer);
            match http.get(&oauth).await {
                Ok(response) => Ok((oauth, response)),
                Err(second) => Err(both(first, second)),
            }
        }
        response => Ok((openid, response?)),
    }
}

/// The errors of both places, that of a place without anything last.
fn both(first: FetchError, second: FetchError) -> FetchError {
    let is_absent = |error: &FetchError| {
        matches!(error, FetchError::Status { status: StatusCode::NOT_FOUND, .. })
    };
    let (first, second) = match is_absent(&first) && !is_absent(&second) {
        true => (second, first),
        false => (first, second),
    };
    FetchError::NoMetadata(first.into(), second.into())
}

/// Where the metadata in `body`, which came from the URL `from`, says that the keys of `issuer` are.
pub(crate) fn jwks_uri(body: &[u8], issuer: &str, from: &Url) -> Result<Url, FetchError> {
    let metadata: IssuerMetadata = serde_json::from_slice(body)
        .map_err(|error| FetchError::NotMetadata(shown(from), fault(body, &error)))?;
    if metadata.issuer != issuer {
        return Err(FetchError::OtherIssuer(issuer.to_owned()));
    }
    key_set_url(&metadata.jwks_uri, from)
}

/// Why a document cannot be read as metadata. Nothing of it is repeated.
fn fault(body: &[u8], error: &serde_json::Error) -> String {
    let members = match serde_json::from_slice(body) {
        Ok(Strict(Value::Object(members))) => members,
        Ok(_) => return "it is JSON, and no object".to_owned(),
        Err(_) if body.trim_ascii_start().starts_with(b"<") => {
            return "it is an HTML page".to_owned();
        }
        Err(_) => return format!("it is no JSON, at line {}", error.line()),
    };
    for name in ["issuer", "jwks_uri"] {
        match members.get(name) {
            None => return format!("`{name}` is missing"),
            Some(Value::String(_)) => {}
            Some(_) => return format!("`{name}` is no text"),
        }
    }
    "`issuer` or `jwks_uri` stands twice".to_owned()
}

/// The URL of a key set that the metadata at `from` names, if keys may be fetched from there.
pub(crate) fn key_set_url(jwks_uri: &str, from: &Url) -> Result<Url, FetchError> {
    let refused = |problem| Err(FetchError::BadUri(shown(from), problem));
    let Ok(mut url) = Url::parse(jwks_uri) else { return refused("is no absolute URL") };
    if has_user(&url) {
        return refused("carries a user name or password");
    }
    let is_encrypted = match url.scheme() {
        "https" => true,
        "http" => is_loopback(from) && is_loopback(&url),
        _ => false,
    };
    if !is_encrypted {
        return refused("is not https");
    }
    // An issuer must not make us ask services that it does not reach itself: an answer that is not
    // shown still tells an open port from a closed one.
    if url.host() != from.host() && !is_loopback(from) {
        if may_be_here(&url) {
            return refused("lies on this machine");
        }
        if is_private(&url) && !is_private(from) {
            return refused("lies in a private network, and its issuer does not");
        }
    }
    url.set_fragment(None);
    Ok(url)
}

/// `https://host/tenant` → `https://host/tenant/.well-known/openid-configuration`.
fn openid_configuration(issuer: &Url) -> Url {
    let path = issuer.path().trim_end_matches('/');
    with_path(issuer, &format!("{path}/.well-known/openid-configuration"))
}

/// `https://host/tenant` → `https://host/.well-known/oauth-authorization-server/tenant`.
fn oauth_metadata(issuer: &Url) -> Url {
    let path = issuer.path().trim_end_matches('/');
    with_path(issuer, &format!("/.well-known/oauth-authorization-server{path}"))
}

fn with_path(issuer: &Url, path: &str) -> Url {
    let mut url = issuer.clone();
    url.set_path(path);
    url.set_query(None);
    url.set_fragment(None);
    url
}

/// The `jwks_uri` of an issuer's metadata, for `fuzz/`.
#[cfg(fuzzing)]
pub(crate) fn fuzzed_jwks_uri(body: &[u8], issuer: &str, from: &Url) -> Option<Url> {
    jwks_uri(body, issuer, from).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_elsewhere_cannot_send_us_into_a_private_network() {
        let (public, private) = ("https://issuer.example/", "https://192.168.1.1/");
        for (host, from_public, from_private) in [
            ("10.0.0.1", false, true),
            ("192.168.1.1:8443", false, true),
            ("169.254.169.254", false, true),
            ("100.64.0.1", false, true),
            ("[fd00::1]", false, true),
            ("[fe80::1]", false, true),
            ("[::ffff:10.0.0.1]", false, true),
            ("167772161", false, true),
            ("11.0.0.1", true, true),
            ("issuer.example:8443", true, true),
            ("keys.example", true, true),
            // This machine is not the network's.
            ("127.0.0.1", false, false),
            ("[::ffff:127.0.0.1]", false, false),
            ("0.0.0.0", false, false),
        ] {
            for (from, is_allowed) in [(public, from_public), (private, from_private)] {
                let url = key_set_url(&format!("https://{host}/jwks"), &Url::parse(from).unwrap());
                assert_eq!(url.is_ok(), is_allowed, "{host} from {from}: {url:?}");
            }
        }
        // Nor from a name, which may resolve to anything, but to itself.
        for (from, host, is_allowed) in [
            ("https://intranet/", "10.0.0.1", false),
            ("https://intranet/", "intranet", true),
            ("https://localhost./", "localhost.", true),
            ("https://localhost./", "127.0.0.1", false),
        ] {
            let url = key_set_url(&format!("https://{host}/jwks"), &Url::parse(from).unwrap());
            assert_eq!(url.is_ok(), is_allowed, "{host} from {from}: {url:?}");
        }
    }

    #[test]
    fn the_fragment_of_a_key_sets_url_is_dropped() {
        let from = Url::parse("https://issuer.example/").unwrap();
        let url = key_set_url("https://issuer.example/jwks?v=1#s3cr3t", &from).unwrap();
        assert_eq!(url.as_str(), "https://issuer.example/jwks?v=1");
    }

    #[test]
    fn an_issuer_elsewhere_cannot_send_us_to_this_machine() {
        let (here, there) = ("http://127.0.0.1:80/", "https://issuer.example/");
        for (jwks_uri, from_here, from_there) in [
            ("https://issuer.example/jwks", true, true),
            ("https://keys.example/jwks?v=1", true, true),
            ("http://issuer.example/jwks", false, false),
            ("http://127.0.0.1/jwks", true, false),
            ("https://127.0.0.1/jwks", true, false),
            ("https://127.1/jwks", true, false),
            ("https://2130706433/jwks", true, false),
            ("https://0.0.0.0/jwks", true, false),
            ("https://[::1]/jwks", true, false),
            ("https://[::]/jwks", true, false),
            ("https://[::ffff:127.0.0.1]/jwks", true, false),
            ("https://localhost/jwks", true, false),
            ("https://LOCALHOST./jwks", true, false),
            ("https://keys.localhost/jwks", true, false),
            // A resolver may send this name anywhere.
            ("http://keys.localhost/jwks", false, false),
            ("http://localhost/jwks", true, false),
            ("ftp://127.0.0.1/jwks", false, false),
            ("file:///etc/passwd", false, false),
            ("data:application/json,{}", false, false),
            ("jwks.json", false, false),
            ("https://me:s3cr3t@issuer.example/jwks", false, false),
            ("https://s3cr3t@issuer.example/jwks", false, false),
            ("http://me:s3cr3t@127.0.0.1/jwks", false, false),
        ] {
            for (from, is_allowed) in [(here, from_here), (there, from_there)] {
                let metadata = format!(r#"{{"issuer":"{from}","jwks_uri":"{jwks_uri}"}}"#);
                let found = super::jwks_uri(metadata.as_bytes(), from, &Url::parse(from).unwrap());
                assert_eq!(found.is_ok(), is_allowed, "{jwks_uri} from {from}: {found:?}");
            }
        }
    }
}
