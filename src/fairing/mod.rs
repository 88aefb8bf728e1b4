//! At ignition: configuration → keys → verifier, or no launch. At liftoff: what is in force.
//! At response: a refusal's challenge.

pub(crate) mod cors;
pub(crate) mod refusal_log;
pub(crate) mod resource_metadata;
pub(crate) mod routes;
pub(crate) mod throttle;

use std::env;
use std::time::Instant;

use rocket::config::LogLevel;
use rocket::fairing::{self, Fairing, Info, Kind};
use rocket::figment::Figment;
use rocket::{Build, Orbit, Request, Response, Rocket};

use crate::app::forward_auth;
use crate::config::{self, Config, VariableNames};
use crate::error::Error;
use crate::guard::policy::{Gate, trust};
use crate::guard::verdict;
use crate::rejection::Rejection;
use routes::Audited;

/// The fairing behind every guard: it loads the configuration and the keys, or stops the launch.
///
/// One app has one policy: of two attached, the later stands.
#[derive(Debug)]
pub struct Bearer {
    /// `Err`: it is read from the figment and from these variables.
    config: Result<Config, VariableNames>,
    /// The routes that may be unguarded; `None` where nobody asks.
    public: Option<Vec<String>>,
}

impl Bearer {
    /// Reads the key `bearer` of the app's figment, and `BEARER_*` variables over it.
    ///
    /// What is missing or contradictory stops the launch; the reason goes to stderr.
    pub fn fairing() -> Self {
        Self { config: Err(VariableNames::Ours), public: None }
    }

    /// Takes this configuration and reads nothing else.
    pub fn with(config: Config) -> Self {
        Self { config: Ok(config), public: None }
    }

    /// For the binary, which also knows the Flask tutorial's variables.
    #[cfg(feature = "cli")]
    pub(crate) fn fairing_of_the_binary() -> Self {
        Self { config: Err(VariableNames::OursAndTheTutorials), public: None }
    }

    /// Refuses to launch where a route that may change something (not `GET`, `HEAD`, `OPTIONS`) is
    /// unguarded and is not named here, as `POST /login`.
    ///
    /// Guarded is a route that takes an [`AuthedUser`](crate::AuthedUser) or an
    /// [`Authorized`](crate::Authorized) by itself. What wraps one may let everyone in, so a route
    /// with a guard of your own counts as unguarded and has to be named, or takes one of ours too. A
    /// route that a later fairing mounts is seen too late: the app shuts down at liftoff, without an
    /// error, so attach `Bearer` last. Of two `Bearer`s the later stands, in this too.
    ///
    /// ```
    /// # use rocket_bearer::Bearer;
    /// let rocket = rocket::build().attach(Bearer::fairing().public_only(["POST /login"]));
    /// ```
    pub fn public_only<R: Into<String>>(mut self, routes: impl IntoIterator<Item = R>) -> Self {
        self.public = Some(routes.into_iter().map(Into::into).collect());
        self
    }

    /// Stops where a route was forgotten; what there is to see is seen.
    async fn audited(&self, rocket: &Rocket<Build>) -> Result<Option<Vec<Audited>>, Error> {
        let is_debug = rocket.figment().profile() == rocket::Config::DEBUG_PROFILE;
        if !is_debug && self.public.is_none() {
            return Ok(None);
        }
        let audited = routes::audit(rocket).await;
        if let Some(public) = &self.public
            && let Some(route) = audited.iter().find(|route| route.is_forgotten(public))
        {
            return Err(Error::setting(
                format!("a route is unguarded: {route}"),
                "give it an `AuthedUser`, or name it in `public_only`, as `POST /login`",
            ));
        }
        Ok(Some(audited))
    }

    fn gate(&self, figment: &Figment) -> Result<Gate, Error> {
        let config = match &self.config {
            Ok(config) => config.clone(),
            Err(names) => config::read(figment, env::vars_os(), *names)?,
        };
        config.tell_what_it_took();
        Gate::of(config, trust(figment))
    }

    fn tell_of_routes(&self, rocket: &Rocket<Orbit>, audited: &[Audited]) {
        for route in audited {
            log::warn!(target: "rocket::launch", "{route}");
        }
        // Mounted by a fairing after ours, when it was too late to look.
        for route in rocket.routes().filter(|route| !audited.iter().any(|it| it.is_of(route))) {
            let name = routes::name(route);
            log::warn!(target: "rocket::launch", "{name:32} mounted too late to be looked at");
            let is_named = self.public.as_ref().is_none_or(|public| public.contains(&name));
            if routes::changes_state(route) && !is_named {
                tracing::error!(
                    "attach `Bearer` after the fairing that mounts {name}: shutting down"
                );
                rocket.shutdown().notify();
            }
        }
    }
}

#[rocket::async_trait]
impl Fairing for Bearer {
    fn info(&self) -> Info {
        Info {
            name: "Bearer",
            kind: Kind::Ignite | Kind::Liftoff | Kind::Response | Kind::Shutdown | Kind::Singleton,
        }
    }

    async fn on_ignite(&self, mut rocket: Rocket<Build>) -> fairing::Result {
        let gate = match self.gate(rocket.figment()) {
            Ok(mut gate) => {
                rocket = rocket.mount("/", gate.own_routes());
                self.audited(&rocket).await.map(|routes| {
                    gate.routes = routes;
                    gate
                })
            }
            error => error,
        };
        match gate {
            Ok(gate) => {
                gate.verifier.refresh().await;
                Ok(rocket.manage(gate))
            }
            // Rocket's logger is not set up yet, and the level must not hide this.
            Err(error) => {
                eprintln!("rocket-bearer: cannot launch: {}", error.report());
                Err(rocket)
            }
        }
    }

    async fn on_liftoff(&self, rocket: &Rocket<Orbit>) {
        let Some(gate) = rocket.state::<Gate>() else { return };
        for issuer in gate.verifier.issuers() {
            // Rocket prints a warning of this target at every level but `off`, as information.
            log::warn!(target: "rocket::launch", "Tokens of {issuer}");
            issuer.warn_of_faults();
            issuer.keys.keep();
        }
        let (journal, end) = (gate.journal.clone(), rocket.shutdown());
        tokio::spawn(async move { journal.keep(end).await });
        if let Some(scrape) = &gate.scrape {
            let (verifier, meters) = (gate.verifier.clone(), gate.meters.clone());
            scrape.serve(move || meters.text(&verifier), rocket.shutdown());
            log::warn!(target: "rocket::launch", "Metrics at {}/metrics", scrape.address);
        }
        if let Some(audited) = &gate.routes {
            self.tell_of_routes(rocket, audited);
        }
        if rocket.config().log_level == LogLevel::Debug {
            tracing::warn!("log level `debug` prints whole requests, tokens included");
        }
    }

    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        let Some(gate) = request.rocket().state::<Gate>() else { return };
        if let Some(cors) = &gate.cors {
            cors.tell(request, response);
        }
        let status = response.status();
        if status.code < 400 {
            return;
        }
        let Some(rejection) = Rejection::of(status, request) else { return };
        gate.meters.refuse(verdict::facts(request).issuer, rejection);
        gate.journal.refused(rejection, status, request, gate, Instant::now());
        if let Rejection::KeysUnavailable { retry_after } = rejection
            && !has(response, "Retry-After")
        {
            response.set_raw_header("Retry-After", retry_after.as_secs().to_string());
        }
        if let Some(challenge) = gate.answers.challenge(rejection)
            && !has(response, "WWW-Authenticate")
        {
            // Where no `Needs` names what is missing, `/auth` may.
            let challenge = match rejection {
                Rejection::InsufficientScope { needs: None } => {
                    (challenge.into_owned() + &forward_auth::missed(request)).into()
                }
                _ => challenge,
            };
            response.set_raw_header("WWW-Authenticate", challenge);
        }
    }

    async fn on_shutdown(&self, rocket: &Rocket<Orbit>) {
        if let Some(gate) = rocket.state::<Gate>() {
            gate.journal.summarise();
        }
    }
}

/// To compare a few names costs less than to hash one.
fn has(response: &Response<'_>, name: &str) -> bool {
    response.headers().iter().any(|header| header.name() == name)
}
