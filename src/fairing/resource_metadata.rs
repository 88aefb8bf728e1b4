//! Before a token: where to get one, and for which scopes (RFC 9728).

use std::collections::BTreeSet;

use parking_lot::Mutex;
use rocket::http::uri::Origin;
use rocket::response::content::RawJson;
use rocket::{Route, State, get, routes};
use serde_json::{Value, json};

use crate::address::fetchable;
use crate::config::{Config, Resource};
use crate::guard::policy::Gate;

const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// What a client has to know of the app.
pub(crate) struct Metadata {
    resource: Resource,
    issuers: Vec<String>,
    scopes: Mutex<BTreeSet<&'static str>>,
}

impl Metadata {
    /// `None` where no resource is configured.
    pub(crate) fn of(config: &Config) -> Option<Self> {
        let issuers = config.issuers.iter().map(|issuer| issuer.issuer.clone());
        Some(Self {
            resource: config.resource.clone()?,
            // An issuer that is no such URL cannot be discovered (RFC 8414 §2).
            issuers: issuers.filter(|issuer| fetchable(issuer).is_ok()).collect(),
            scopes: Mutex::default(),
        })
    }

    /// Notes what a mounted route asks for.
    pub(crate) fn add(&self, scopes: Vec<&'static str>) {
        self.scopes.lock().extend(scopes);
    }

    /// RFC 9728 §2; what would be empty is left out (§3.2).
    fn json(&self) -> Value {
        let scopes = self.scopes.lock();
        let mut json = json!({
            "resource": self.resource.identifier,
            "authorization_servers": self.issuers,
            "scopes_supported": *scopes,
            "bearer_methods_supported": ["header"],
        });
        if let Some(members) = json.as_object_mut() {
            members.retain(|_, value| value.as_array().is_none_or(|list| !list.is_empty()));
        }
        json
    }
}

/// The metadata where a client looks for it: at the root, and where the resource has a path, at that
/// path's own place.
pub(crate) fn routes() -> Vec<Route> {
    routes![metadata]
}

#[get("/.well-known/oauth-protected-resource/<_..>")]
fn metadata(uri: &Origin<'_>, gate: &State<Gate>) -> Option<RawJson<String>> {
    let metadata = gate.metadata.as_ref()?;
    let path = uri.path();
    let is_there = path == WELL_KNOWN || path == metadata.resource.path.as_str();
    is_there.then(|| RawJson(metadata.json().to_string()))
}
