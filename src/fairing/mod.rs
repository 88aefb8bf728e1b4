//! The fairing: at ignition configuration and keys, or no launch; at liftoff what is in force; at a
//! response what a refusal needs beside its status and body.

mod answer;
mod cors;
mod logout;
mod proofs;
pub(crate) mod resource_metadata;
pub(crate) mod route_audit;
mod route_list;

use std::env;
use std::io::{self, Write as _};
use std::sync::OnceLock;

use rocket::config::LogLevel;
use rocket::fairing::{self, Fairing, Info, Kind};
use rocket::figment::Figment;
use rocket::http::Method;
use rocket::{Build, Data, Orbit, Request, Response, Rocket};

use crate::config::{self, Config, VariableNames};
use crate::error::Error;
use crate::guard::policy::trust;
use crate::guard::{self, Policy};
use crate::metrics::server::MetricsServer;
use cors::Cors;
use logout::LogoutRoute;
use resource_metadata::ResourceMetadata;
use route_audit::Audited;

/// The fairing behind every guard: it loads the configuration and the keys, or stops the launch.
///
/// One app has one policy: of two attached, the later stands.
#[derive(Debug)]
pub struct Bearer {
    /// `Err`: the configuration is read from the figment and from these variables.
    config: Result<Config, VariableNames>,
    /// The routes that may be unguarded; `None` where every route may.
    public: Option<Vec<String>>,
    launched: OnceLock<Launched>,
}

/// What ignition leaves for the rest of the app's life, beside the [`Policy`] in Rocket's state.
#[derive(Debug)]
struct Launched {
    cors: Option<Cors>,
    /// Whether answers may have to carry a nonce for proofs.
    asks_for_nonces: bool,
    metrics_server: Option<MetricsServer>,
    /// The routes that were mounted then; `None` where nothing is told of them.
    routes: Option<Vec<Audited>>,
}

impl Bearer {
    /// Reads the key `bearer` of the app's figment, and `BEARER_*` variables over it.
    ///
    /// What is missing or contradictory stops the launch; the reason goes to stderr.
    pub fn fairing() -> Self {
        Self::of(Err(VariableNames::Ours))
    }

    /// Takes this configuration and reads nothing else.
    pub fn with(config: Config) -> Self {
        Self::of(Ok(config))
    }

    /// For the binary, which also knows the Flask tutorial's variables.
    #[cfg(feature = "cli")]
    pub(crate) fn fairing_of_the_binary() -> Self {
        Self::of(Err(VariableNames::OursAndTheTutorials))
    }

    fn of(config: Result<Config, VariableNames>) -> Self {
        Self { config, public: None, launched: OnceLock::new() }
    }

    /// Refuses to launch where a route that may change something (not `GET`, `HEAD`, `OPTIONS`) is
    /// unguarded and is not named here, as `POST /login`.
    ///
    /// Guarded is a route that takes an [`AuthedUser`](crate::AuthedUser) or an
    /// [`Authorized`](crate::Authorized) by itself. What wraps one may let everyone in, so a guard of
    /// your own counts only where its sentinel states whom it admits:
    /// [`abort_as_guard`](crate::abort_as_guard). A route that a later fairing mounts is seen too
    /// late: the app shuts down at liftoff, without an error, so attach `Bearer` last. Of two
    /// `Bearer`s the later stands, in this too.
    ///
    /// ```
    /// use rocket_bearer::Bearer;
    ///
    /// let rocket = rocket::build().attach(Bearer::fairing().public_only(["POST /login"]));
    /// ```
    pub fn public_only<R: Into<String>>(mut self, routes: impl IntoIterator<Item = R>) -> Self {
        self.public = Some(routes.into_iter().map(Into::into).collect());
        self
    }

    /// Reads the configuration and prepares what serves it; the keys are not fetched yet.
    fn prepared(
        &self,
        figment: &Figment,
    ) -> Result<(Config, Policy, Option<MetricsServer>), Error> {
        let config = match &self.config {
            Ok(config) => config.clone(),
            Err(names) => config::read(figment, env::vars_os(), *names)?,
        };
        config.check_logout()?;
        config.tell_what_it_took();
        let policy = Policy::new(&config, trust(figment))?;
        let metrics_server = config.metrics.map(MetricsServer::bind).transpose()?;
        Ok((config, policy, metrics_server))
    }

    /// Stops where a route was forgotten; what there is to see is seen.
    async fn audited(
        &self,
        rocket: &Rocket<Build>,
        logout: Option<&LogoutRoute>,
    ) -> Result<Option<Vec<Audited>>, Error> {
        let is_debug = rocket.figment().profile() == rocket::Config::DEBUG_PROFILE;
        if !is_debug && self.public.is_none() {
            return Ok(None);
        }
        let audited = route_audit::audit(rocket).await;
        if let Some(public) = &self.public {
            // The token of a logout is in its body, and the route judges it.
            let public: Vec<_> =
                public.iter().cloned().chain(logout.map(LogoutRoute::name)).collect();
            if let Some(route) = audited.iter().find(|route| route.is_forgotten(&public)) {
                return Err(Error::setting(
                    format!("a route is unguarded: {route}"),
                    "give it an `AuthedUser`, name it in `public_only`, as `POST /login`, or let the \
                     sentinel of its own guard say whom it admits, by `abort_as_guard`",
                ));
            }
        }
        Ok(Some(audited))
    }

    fn tell_of_routes(&self, rocket: &Rocket<Orbit>, audited: &[Audited]) {
        for line in route_list::listed(audited) {
            log::warn!(target: "rocket::launch", "{line}");
        }
        // Mounted by a fairing after ours, when it was too late to look.
        for route in rocket.routes().filter(|route| !audited.iter().any(|it| it.is_of(route))) {
            let name = route_audit::name(route);
            log::warn!(target: "rocket::launch", "{name}  mounted too late to be looked at");
            let is_named = self.public.as_ref().is_none_or(|public| public.contains(&name));
            if route_audit::changes_state(route) && !is_named {
                tracing::error!(
                    "attach `Bearer` after the fairing that mounts {name}: shutting down"
                );
                rocket.shutdown().notify();
            }
        }
    }
}

/// The app with the routes that the configuration asks for, and what these need in Rocket's state.
fn equipped(
    mut rocket: Rocket<Build>,
    config: Config,
    cors: Option<&Cors>,
    logout: Option<&LogoutRoute>,
) -> Rocket<Build> {
    if let Some(cors) = cors {
        rocket = rocket.manage(cors.clone()).mount("/", cors::preflights());
    }
    if let Some(metadata) = ResourceMetadata::of(&config) {
        rocket = rocket.manage(metadata).mount("/", resource_metadata::routes());
    }
    if let Some(logout) = logout {
        rocket = rocket.mount("/", [logout.route()]);
    }
    rocket.manage(config.forward_headers).manage(config.original_request)
}

/// Says why the app does not launch. Rocket's logger is not set up yet, and its level must not hide
/// the reason.
fn say_why(error: &Error) {
    let _ = writeln!(io::stderr(), "rocket-bearer: cannot launch: {}", error.report());
}

#[rocket::async_trait]
impl Fairing for Bearer {
    fn info(&self) -> Info {
        Info {
            name: "Bearer",
            kind: Kind::Ignite
                | Kind::Liftoff
                | Kind::Request
                | Kind::Response
                | Kind::Shutdown
                | Kind::Singleton,
        }
    }

    async fn on_ignite(&self, rocket: Rocket<Build>) -> fairing::Result {
        let (config, policy, metrics_server) = match self.prepared(rocket.figment()) {
            Ok(prepared) => prepared,
            Err(error) => {
                say_why(&error);
                return Err(rocket);
            }
        };
        let cors = Cors::of(&config);
        let logout = LogoutRoute::of(&config);
        let rocket = equipped(rocket, config, cors.as_ref(), logout.as_ref());
        let routes = match self.audited(&rocket, logout.as_ref()).await {
            Ok(routes) => routes,
            Err(error) => {
                say_why(&error);
                return Err(rocket);
            }
        };
        policy.verifier.refresh().await;
        let rocket = rocket.manage(policy.verifier.revocations().clone());
        if let Some(store) = policy.verifier.store() {
            // Out of reach is no reason not to launch: liftoff tells it, and the store asks again.
            let _ = store.connect().await;
            if let Some(proofs) = policy.verifier.proofs() {
                proofs.nonces.learn(store).await;
            }
        }
        // A fairing ignites once.
        let proofs = policy.verifier.proofs();
        let asks_for_nonces = proofs.is_some_and(|proofs| proofs.nonces.are_needed());
        let _ = self.launched.set(Launched { cors, asks_for_nonces, metrics_server, routes });
        Ok(rocket.manage(policy))
    }

    async fn on_liftoff(&self, rocket: &Rocket<Orbit>) {
        let (Some(policy), Some(launched)) = (Policy::of(rocket), self.launched.get()) else {
            return;
        };
        for issuer in policy.verifier.issuers() {
            // Rocket prints a warning of this target at every level but `off`, as information.
            log::warn!(target: "rocket::launch", "Tokens of {issuer}");
            issuer.warn_of_faults();
            issuer.keys.keep_fresh();
        }
        log::warn!(target: "rocket::launch", "{}", policy.verifier.revocations().place());
        policy.verifier.revocations().keep_fresh();
        if let Some(proofs) = policy.verifier.proofs() {
            proofs::tell(proofs, policy.verifier.store().is_some());
        }
        if let Some(store) = policy.verifier.store() {
            let state = store.state();
            log::warn!(target: "rocket::launch", "Shared in {store}: {state}");
            state.warn_of_faults();
            proofs::keep_nonces(policy, rocket.shutdown());
        }
        if rocket.catchers().all(|it| it.code.is_some_and(|code| code != 401)) {
            log::warn!(
                target: "rocket::launch",
                "Refusals are Rocket's own HTML: `rocket_bearer::catchers()` is not registered"
            );
        }
        if policy.scopes().contains("offline_access") {
            tracing::warn!(
                "a route asks for the scope `offline_access`, which opens no API: remove it"
            );
        }
        let (refusal_log, end) = (policy.refusal_log.clone(), rocket.shutdown());
        tokio::spawn(async move { refusal_log.keep(end).await });
        if let Some(server) = &launched.metrics_server {
            let (verifier, metrics) = (policy.verifier.clone(), policy.metrics.clone());
            server.serve(move || metrics.text(&verifier), rocket.shutdown());
            log::warn!(target: "rocket::launch", "Metrics at {}/metrics", server.address);
        }
        if let Some(audited) = &launched.routes {
            self.tell_of_routes(rocket, audited);
        }
        if rocket.config().log_level == LogLevel::Debug {
            tracing::warn!("log level `debug` prints whole requests, tokens included");
        }
    }

    async fn on_request(&self, request: &mut Request<'_>, _: &mut Data<'_>) {
        if request.method() == Method::Head {
            guard::note_head(request);
        }
    }

    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        let Some(launched) = self.launched.get() else { return };
        if let Some(cors) = &launched.cors {
            cors.tell(request, response);
        }
        answer::complete(request, response, launched.asks_for_nonces);
    }

    async fn on_shutdown(&self, rocket: &Rocket<Orbit>) {
        if let Some(policy) = Policy::of(rocket) {
            policy.refusal_log.summarise();
        }
    }
}
