//! Findings on the issuer's metadata, its URLs and its clock.

use super::finding::{Finding, Subject, Weight, error, quoted, warning};
use crate::address::shown;
use crate::config::{Issuer, Provider};
use crate::explain::{kind, offered};
use crate::keys::source::discovery::IssuerMetadata;
use crate::keys::source::{Location, Source};

pub(super) fn findings(subject: &Subject<'_>) -> Vec<Finding> {
    let metadata = subject.published.metadata.as_ref();
    [
        metadata.and_then(|metadata| other_issuer(subject, metadata)),
        other_uri(subject),
        slash(subject),
        plain_http(subject),
        clock(subject),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn other_issuer(subject: &Subject<'_>, metadata: &IssuerMetadata) -> Option<Finding> {
    let (ours, theirs) = (subject.configured.issuer.as_str(), metadata.issuer.as_str());
    if ours == theirs {
        return None;
    }
    let published = subject.published.jwks_uri.as_ref().and_then(|uri| uri.as_ref().ok());
    let uri = published.and_then(|uri| offered::setting(uri.as_str()));
    let uri = uri.map(|uri| format!("`jwks_uri = \"{uri}\"`"));
    if theirs.contains('{') {
        let uri = uri.map(|uri| format!(", with the same {uri}")).unwrap_or_default();
        return Some(error(
            format!(
                "`issuer` stands for many tenants, and no token carries it; ours is {}",
                quoted(ours)
            ),
            format!(
                "{}write one `issuers.<name>` for each tenant, `issuer` as its tokens carry it in `iss`{uri}",
                template_cure(theirs).unwrap_or_default()
            ),
        ));
    }
    let is_slash = ours.trim_end_matches('/') == theirs.trim_end_matches('/');
    let what = match (is_slash, ours.len() > theirs.len()) {
        (true, true) => "`issuer` has a slash at its end that the issuer's own name has not",
        (true, false) => "`issuer` lacks the slash at the end of the issuer's own name",
        _ => "`issuer` is not the issuer's own name: another tenant, or its custom domain?",
    };
    let what = format!("{what}; ours is {}", quoted(ours));
    let configured = match &subject.configured.source {
        Source::Remote(Location::Uri(uri), _) => Some(uri),
        _ => None,
    };
    let is_by_uri = configured.is_some();
    let is_by_same_uri = is_by_uri && configured == published;
    let theirs = offered::issuer(theirs);
    let is_enough = is_by_uri || theirs.is_some_and(|it| Issuer::discovered(it, ["any"]).is_ok());
    let theirs = match (theirs, &uri) {
        (Some(theirs), _) if is_enough => {
            format!("write `issuer = \"{theirs}\"`, every byte counts in `iss`")
        }
        (Some(theirs), Some(uri)) => format!(
            "write `issuer = \"{theirs}\"` with {uri} beside it, every byte counts in `iss`"
        ),
        (Some(_), None) => {
            "name the key set as `jwks_uri`, and write as `issuer` what tokens carry in \
                            `iss`"
                .to_owned()
        }
        (None, _) => {
            "have the issuer correct `issuer` in its metadata: it is too long, or nothing that a \
                      configuration takes"
                .to_owned()
        }
    };
    Some(match uri {
        // Keys are at hand, and tokens alone tell which of the two they carry.
        _ if (is_by_same_uri || is_slash && is_by_uri)
            && kind::of_issuer(ours) != Some(Provider::Auth0) =>
        {
            warning(what, format!("leave it if tokens carry ours in `iss`, else {theirs}"))
        }
        Some(uri) => {
            error(what, format!("{theirs}; if tokens carry ours, leave it and add {uri} beside it"))
        }
        None => error(what, theirs),
    })
}

/// The better cure, where what stands for many tenants may be configured as it is.
fn template_cure(theirs: &str) -> Option<&'static str> {
    Issuer::discovered(theirs, ["any"]).ok()?;
    Some(
        "write `{tenantid}` into `issuer` in the place of the tenant, with `tenants` (their ids, or `\"any\"`) \
         beside it; or ",
    )
}

fn other_uri(subject: &Subject<'_>) -> Option<Finding> {
    let Source::Remote(Location::Uri(ours), _) = &subject.configured.source else { return None };
    let theirs = match subject.published.jwks_uri.as_ref()? {
        Ok(theirs) if theirs == ours => return None,
        Ok(theirs) => theirs,
        Err(error) => {
            return Some(Finding {
                weight: Weight::Note,
                what: error.to_string(),
                cure: "keep yours, if its keys are right".to_owned(),
            });
        }
    };
    let cure = match offered::setting(theirs.as_str()) {
        Some(_) => "write that as `jwks_uri`, or leave it out",
        None => "leave `jwks_uri` out, if you trust that",
    };
    Some(warning(
        format!("the issuer says its keys are at {}", quoted(theirs.as_str())),
        format!("{cure}; ours is {}", shown(ours)),
    ))
}

/// The slash that ends every Auth0 issuer, where no metadata tells the issuer's own name.
fn slash(subject: &Subject<'_>) -> Option<Finding> {
    let issuer = subject.configured.issuer.as_str();
    let is_lacking = subject.published.metadata.is_none() && issuer.ends_with(".auth0.com");
    is_lacking.then(|| {
        let instead = if subject.is_discovered() { ", or `domain` instead" } else { "" };
        error(
            "`issuer` lacks the slash that ends the `iss` of every Auth0 token",
            format!("write `issuer = \"{issuer}/\"`{instead}"),
        )
    })
}

fn plain_http(subject: &Subject<'_>) -> Option<Finding> {
    let Source::Remote(location, _) = &subject.configured.source else { return None };
    let url = location.url();
    (url.scheme() == "http").then(|| {
        warning(
            format!("keys come over plain http from {}", shown(url)),
            "good for an issuer on this very machine; write `https` for any other",
        )
    })
}

fn clock(subject: &Subject<'_>) -> Option<Finding> {
    let apart = subject.published.clock?;
    if apart.unsigned_abs() <= subject.leeway {
        return None;
    }
    let (whose, effect) = if apart > 0 {
        ("behind the issuer's", "its fresh tokens look issued in the future")
    } else {
        ("ahead of the issuer's", "its tokens expire early")
    };
    Some(error(
        format!("the clock here is {} s {whose}: {effect}", apart.unsigned_abs()),
        format!("correct it (NTP); `leeway` allows {} s", subject.leeway),
    ))
}
