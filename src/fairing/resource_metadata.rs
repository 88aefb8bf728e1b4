//! What a client reads before it has a token: where to get one, and for which scopes (RFC 9728).

use rocket::http::uri::Origin;
use rocket::response::content::RawJson;
use rocket::{Route, State, get, routes};
use serde_json::{Value, json};

use crate::address::{Purpose, trusted};
use crate::config::{Config, Resource};
use crate::dpop::DpopMode;
use crate::guard::Policy;

const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// The metadata of the app, but for the scopes that its routes ask for.
pub(super) struct ResourceMetadata {
    resource: Resource,
    issuers: Vec<String>,
    /// How a token may be sent, of what RFC 6750 knows; a header of another name is none of that.
    methods: &'static [&'static str],
    /// The algorithms of proofs; empty where bound tokens are not taken.
    proof_algorithms: Vec<&'static str>,
    /// Whether only bound tokens are taken.
    takes_bound_only: bool,
}

impl ResourceMetadata {
    /// `None` where no `resource` is configured.
    pub(super) fn of(config: &Config) -> Option<Self> {
        Some(Self {
            resource: config.resource.clone()?,
            issuers: authorization_servers(config),
            proof_algorithms: match config.dpop.mode {
                DpopMode::Off => vec![],
                _ => config.dpop.algorithms.iter().map(|algorithm| algorithm.name()).collect(),
            },
            takes_bound_only: config.dpop.mode == DpopMode::Required,
            methods: if config.token_header.is_none() { &["header"] } else { &[] },
        })
    }

    /// RFC 9728 §2; a member that would be empty is left out (§3.2).
    fn json(&self, policy: &Policy) -> Value {
        let mut json = json!({
            "resource": self.resource.identifier,
            "authorization_servers": self.issuers,
            "scopes_supported": policy.scopes(),
            "bearer_methods_supported": self.methods,
            "dpop_signing_alg_values_supported": self.proof_algorithms,
        });
        if self.takes_bound_only {
            json["dpop_bound_access_tokens_required"] = json!(true);
        }
        if let Some(members) = json.as_object_mut() {
            members.retain(|_, value| value.as_array().is_none_or(|list| !list.is_empty()));
        }
        json
    }
}

/// The issuers that a client can discover: an `issuer` that is no such URL cannot be (RFC 8414 §2).
pub(crate) fn authorization_servers(config: &Config) -> Vec<String> {
    let issuers = config.issuers.iter().flat_map(|issuer| issuer.issuers());
    issuers.filter(|issuer| trusted(issuer, Purpose::Issuer).is_ok()).collect()
}

/// The metadata where a client looks for it: at the root, and where the resource has a path, at that
/// path's own place.
pub(super) fn routes() -> Vec<Route> {
    routes![metadata]
}

#[get("/.well-known/oauth-protected-resource/<_..>")]
fn metadata(
    uri: &Origin<'_>,
    metadata: &State<ResourceMetadata>,
    policy: &State<Policy>,
) -> Option<RawJson<String>> {
    let path = uri.path();
    let is_there = path == WELL_KNOWN || path == metadata.resource.path.as_str();
    is_there.then(|| RawJson(metadata.json(policy).to_string()))
}
