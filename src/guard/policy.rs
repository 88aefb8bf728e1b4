//! The policy in force, in Rocket's state: what guards, catchers and routes find there.

use std::sync::Arc;
use std::time::Duration;

use rocket::figment::Figment;
use rocket::{Request, Route};

use crate::address;
use crate::config::{Config, IdentityHeader};
use crate::error::Error;
use crate::fairing::cors::{self, Cors};
use crate::fairing::refusal_log::Journal;
use crate::fairing::resource_metadata::{self, Metadata};
use crate::fairing::routes::Audited;
use crate::guard::refusal::Answers;
use crate::keys::Trust;
use crate::metrics::Meters;
use crate::metrics::server::Scrape;
use crate::verifier::Verifier;

/// There is one in every app with [`Bearer`](crate::Bearer) attached, from ignition on.
pub(crate) struct Gate {
    pub(crate) verifier: Arc<Verifier>,
    pub(crate) meters: Arc<Meters>,
    pub(crate) answers: Answers,
    /// Whether the development keys may serve.
    trust: Trust,
    pub(crate) leeway: Duration,
    pub(crate) forward_headers: Vec<IdentityHeader>,
    pub(crate) journal: Arc<Journal>,
    /// Where the meters can be read; `None` where nobody may.
    pub(crate) scrape: Option<Scrape>,
    pub(crate) cors: Option<Cors>,
    pub(crate) metadata: Option<Metadata>,
    /// What the launch tells of the routes; `None` where nobody looked.
    pub(crate) routes: Option<Vec<Audited>>,
}

impl Gate {
    /// The gate of this configuration, its port bound, its keys not yet fetched.
    pub(crate) fn of(config: Config, trust: Trust) -> Result<Self, Error> {
        let verifier = Verifier::trusting(&config, trust)?;
        Ok(Self {
            answers: Answers::of(&config),
            metadata: Metadata::of(&config),
            journal: Arc::new(Journal::new(config.log_sub)),
            meters: Arc::new(Meters::new(verifier.issuers().len())),
            verifier: Arc::new(verifier),
            scrape: config.metrics.map(Scrape::bind).transpose()?,
            trust,
            leeway: config.leeway,
            forward_headers: config.forward_headers,
            cors: Cors::of(config.cors_origins),
            routes: None,
        })
    }

    /// The routes that the configuration asks for.
    pub(crate) fn own_routes(&self) -> Vec<Route> {
        let preflights = self.cors.iter().flat_map(|_| cors::preflights());
        let metadata = self.metadata.iter().flat_map(|_| resource_metadata::routes());
        preflights.chain(metadata).collect()
    }

    /// Whether the keys that everybody has are where they may be. A later fairing may have moved
    /// the app, and a watched file may hold other keys than at launch.
    pub(crate) fn is_in_place(&self, config: &rocket::Config) -> bool {
        let is_debug = config.profile == rocket::Config::DEBUG_PROFILE;
        self.trust == Trust::Secret
            || Trust::within(is_debug, Some(config.address)) == Trust::Published
            || !self.verifier.uses_development_keys()
    }

    /// Whether this request may be judged by keys that everybody has. One by a name in the DNS comes from
    /// a page that has rebound its own to this machine, or through a proxy from anywhere.
    pub(crate) fn is_from_here(&self, request: &Request<'_>) -> bool {
        self.trust == Trust::Secret
            || request.headers().get("Host").all(is_local)
            || !self.verifier.uses_development_keys()
    }
}

/// Whether this `Host` is one of this machine's own, or a name without a dot, which nobody can register.
fn is_local(host: &str) -> bool {
    address::is_local_host(host)
}

/// What may be trusted under this configuration.
pub(crate) fn trust(figment: &Figment) -> Trust {
    let is_debug = figment.profile() == rocket::Config::DEBUG_PROFILE;
    Trust::within(is_debug, figment.extract_inner(rocket::Config::ADDRESS).ok())
}
