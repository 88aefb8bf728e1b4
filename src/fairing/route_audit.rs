//! Which route has which guards, as far as Rocket shows it.

use std::collections::BTreeSet;

use rocket::config::LogLevel;
use rocket::error::ErrorKind;
use rocket::http::Method;
use rocket::{Phase, Rocket, Route};
use tokio::sync::{Mutex, MutexGuard};

use crate::guard::sentinel::{Admits, SeenGuards};
#[cfg(feature = "cli")]
use crate::rejection::needs::Needs;

/// What a dry ignition shows of a route: its guards of ours abort the ignition, for there is no
/// [`Bearer`](crate::Bearer), and Rocket names them.
///
/// A guard counts only if the route takes it by itself: a type that wraps it may admit every request,
/// unless the app states whom it admits. So a guarded route may look public, and a public route never
/// looks guarded but by the app's own word.
#[derive(Debug, Clone)]
pub(crate) struct Audited {
    pub(super) identity: Identity,
    /// `GET /headers`.
    pub(super) route: String,
    changes_state: bool,
    /// Guards that admit accepted tokens only.
    pub(super) guards: BTreeSet<String>,
    /// Guards of ours that admit other requests too.
    pub(super) optional: BTreeSet<String>,
    /// What the guards ask for beyond a token, in their order.
    #[cfg(feature = "cli")]
    needs: Vec<Needs>,
}

/// What Rocket tells routes apart by; two routes that agree in all of it collide.
type Identity = (Method, String, isize, Option<String>);

fn identity(route: &Route) -> Identity {
    let format = route.format.as_ref().map(ToString::to_string);
    (route.method, route.uri.to_string(), route.rank, format)
}

/// Audits every route that is mounted now.
pub(crate) async fn audit<P: Phase>(rocket: &Rocket<P>) -> Vec<Audited> {
    let _silence = Silence::begin().await;
    let mut audited = vec![];
    for route in rocket.routes() {
        audited.push(Audited::of(route).await);
    }
    audited.sort_by(|one, other| {
        (&one.identity.1, &one.route).cmp(&(&other.identity.1, &other.route))
    });
    audited
}

/// Turns the log of the process off, since a dry ignition writes to it. One audit runs at a time: two
/// at once would leave the log off.
struct Silence {
    level: log::LevelFilter,
    _turn: MutexGuard<'static, ()>,
}

impl Silence {
    async fn begin() -> Self {
        static TURN: Mutex<()> = Mutex::const_new(());
        let _turn = TURN.lock().await;
        let level = log::max_level();
        log::set_max_level(log::LevelFilter::Off);
        Self { level, _turn }
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        log::set_max_level(self.level);
    }
}

/// Whether a request by this route may change something (RFC 9110 §9.2.1).
pub(crate) fn changes_state(route: &Route) -> bool {
    !matches!(route.method, Method::Get | Method::Head | Method::Options)
}

impl Audited {
    async fn of(route: &Route) -> Self {
        let config = rocket::Config { log_level: LogLevel::Off, ..rocket::Config::debug_default() };
        let seen = SeenGuards::default();
        let scratch = rocket::custom(config).manage(seen.clone()).mount("/", [route.clone()]);
        let (mut guards, mut optional) = (BTreeSet::new(), BTreeSet::new());
        #[cfg(feature = "cli")]
        let mut needs = vec![];
        // In a task of its own, since the sentinel of another guard may panic without its state.
        if let Ok(Err(error)) = tokio::spawn(scratch.ignite()).await
            && let ErrorKind::SentinelAborts(sentries) = error.kind()
        {
            for sentry in sentries {
                let name = sentry.type_name;
                match seen.admits(name) {
                    // A guard with a parent stands within a type that decides for itself.
                    Some(Admits::TokensOnly) if sentry.parent.is_none() => {
                        #[cfg(feature = "cli")]
                        needs.extend(seen.needs(name));
                        guards.insert(match seen.stated(name) {
                            Some(admits) => format!("{}: {admits}", short(name)),
                            None => short(name),
                        })
                    }
                    None if !seen.is_within(name) => false,
                    _ => optional.insert(short(name)),
                };
            }
        }
        Self {
            identity: identity(route),
            route: name(route),
            changes_state: changes_state(route),
            guards,
            optional,
            #[cfg(feature = "cli")]
            needs,
        }
    }

    /// Whether the route changes something, has no guard, and is not in `public`.
    pub(crate) fn is_forgotten(&self, public: &[String]) -> bool {
        self.changes_state && self.guards.is_empty() && !public.contains(&self.route)
    }

    /// What the route asks for beyond a token; `None` for a route that needs none.
    #[cfg(feature = "cli")]
    pub(crate) fn needs(&self) -> Option<&[Needs]> {
        (!self.guards.is_empty()).then_some(&self.needs)
    }

    /// The method of the route, and its path: `GET`, `/headers`.
    #[cfg(feature = "cli")]
    pub(crate) fn method_and_path(&self) -> (&str, &str) {
        self.route.split_once(' ').expect("a route is named by its method and its path")
    }

    /// Whether this is the audit of `route`.
    pub(crate) fn is_of(&self, route: &Route) -> bool {
        self.identity == identity(route)
    }
}

/// `GET /headers`.
pub(crate) fn name(route: &Route) -> String {
    format!("{} {}", route.method, route.uri.path())
}

/// `a::Authorized<b::Read, c::Claims>` → `Authorized<Read, Claims>`.
fn short(type_name: &str) -> String {
    let mut short = String::new();
    let mut word = String::new();
    for character in type_name.chars() {
        match character {
            ':' => word.clear(),
            it if it.is_alphanumeric() || it == '_' => word.push(it),
            it => {
                short.push_str(&std::mem::take(&mut word));
                short.push(it);
            }
        }
    }
    // The usual claims are left out.
    (short + &word).replace(", Claims>", ">").replace("<Claims>", "")
}

/// The log level belongs to the whole process, so only one test at a time may look at routes.
#[cfg(test)]
pub(crate) static ALONE: Mutex<()> = Mutex::const_new(());

#[cfg(test)]
mod tests {
    use rocket::{get, routes};

    use super::*;

    #[test]
    fn a_type_is_named_without_its_modules() {
        for (long, expected) in [
            ("rocket_bearer::guard::AuthedUser", "AuthedUser"),
            ("a::Authorized<(b::Read, c::Write)>", "Authorized<(Read, Write)>"),
            ("core::option::Option<a::AuthedUser>", "Option<AuthedUser>"),
        ] {
            assert_eq!(short(long), expected);
        }
    }

    /// A type that is called like a guard of ours, in a module that is called like ours.
    mod rocket_bearer {
        pub(super) mod guard {
            use rocket::request::{FromRequest, Outcome, Request};
            use rocket::{Ignite, Rocket, Sentinel};

            pub(in super::super) struct AuthedUser;

            #[rocket::async_trait]
            impl<'r> FromRequest<'r> for AuthedUser {
                type Error = ();

                async fn from_request(_: &'r Request<'_>) -> Outcome<Self, ()> {
                    Outcome::Success(Self)
                }
            }

            impl Sentinel for AuthedUser {
                fn abort(rocket: &Rocket<Ignite>) -> bool {
                    crate::AuthedUser::<crate::Claims>::abort(rocket)
                }
            }
        }
    }

    #[tokio::test]
    async fn a_guard_is_known_by_its_type_wherever_that_lives() {
        use crate::{AuthedUser, Authorized, OptionalUser, Rejection, Requirement};

        let _alone = ALONE.lock().await;

        struct Anyone;

        impl Requirement for Anyone {}

        type Told = Result<AuthedUser, Rejection>;

        #[get("/user")]
        fn user(_user: AuthedUser) {}
        #[get("/authorized")]
        fn authorized(_user: Authorized<Anyone>) {}
        #[get("/both")]
        fn both(_optional: OptionalUser, _user: AuthedUser) {}
        #[get("/optional")]
        fn optional(_user: OptionalUser) {}
        #[get("/option")]
        fn option(_user: Option<AuthedUser>) {}
        #[get("/result")]
        fn result(_user: Result<Authorized<Anyone>, Rejection>) {}
        #[get("/alias")]
        fn alias(_user: Told) {}
        #[get("/namesake")]
        fn namesake(_user: rocket_bearer::guard::AuthedUser) {}

        let config = rocket::Config::debug_default();
        let rocket = rocket::custom(config)
            .mount("/", routes![user, authorized, both, optional, option, result, alias, namesake]);
        let rocket = rocket.mount("/", crate::app::forward_auth::routes());
        for audited in audit(&rocket).await {
            let is_guarded = !audited.guards.is_empty();
            let should_be = ["/user", "/authorized", "/both", "/auth", "/auth/<_..>"];
            let route = audited.route.split(' ').next_back().unwrap();
            assert_eq!(is_guarded, should_be.contains(&route), "{audited}");
            let has_one_of_ours = route != "/namesake";
            assert_eq!(is_guarded || !audited.optional.is_empty(), has_one_of_ours, "{audited}");
        }
    }

    #[tokio::test]
    async fn apps_that_launch_at_the_same_time_keep_their_log() {
        let _alone = ALONE.lock().await;
        #[get("/")]
        fn route() {}
        let bare = || rocket::custom(rocket::Config::debug_default()).mount("/a", routes![route]);
        // The first to begin is the first to end.
        let (one, other) = (bare(), bare().mount("/b", routes![route]));
        log::set_max_level(log::LevelFilter::Warn);
        tokio::join!(audit(&one), audit(&other));
        assert_eq!(log::max_level(), log::LevelFilter::Warn);
    }
}
