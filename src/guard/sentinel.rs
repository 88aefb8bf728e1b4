//! What stops a launch with a guarded route, and what tells the launch which guards are ours.

use std::any::type_name;
use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use rocket::{Ignite, Rocket};

use super::policy::Policy;
use crate::rejection::needs::Needs;

/// Whether a guard of ours admits requests without an accepted token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Admits {
    /// The guard succeeds only with an accepted token.
    TokensOnly,
    /// The guard succeeds for anonymous requests too.
    Anonymous,
}

/// The guards of ours that a dry ignition has met, by the name of their type, and what they need.
///
/// A guard enters itself here from its own sentinel, so it is recognised wherever its type lives, and
/// no other type can be mistaken for it.
#[derive(Debug, Clone, Default)]
pub(crate) struct SeenGuards(Arc<Mutex<BTreeMap<&'static str, Seen>>>);

/// What a guard admits, what it needs beyond a token, and what the app states of its own guard.
type Seen = (Admits, &'static Needs, Option<&'static str>);

impl SeenGuards {
    fn enter(&self, guard: &'static str, seen: Seen) {
        self.0.lock().insert(guard, seen);
    }

    fn get(&self, guard: &str) -> Option<Seen> {
        self.0.lock().get(guard).copied()
    }

    /// What the guard of this type name admits; `None` for a type that is not a guard of ours, and of
    /// which the app states nothing.
    pub(crate) fn admits(&self, guard: &str) -> Option<Admits> {
        self.get(guard).map(|(admits, ..)| admits)
    }

    /// What the app states of its own guard of this type name.
    pub(crate) fn stated(&self, guard: &str) -> Option<&'static str> {
        self.get(guard)?.2
    }

    /// What the guard of this type name asks for beyond a token.
    #[cfg(feature = "cli")]
    pub(crate) fn needs(&self, guard: &str) -> Option<&'static Needs> {
        self.get(guard).map(|(_, needs, _)| needs)
    }

    /// Whether this type name has a guard of ours among its parameters: `Option<AuthedUser>`.
    pub(crate) fn is_within(&self, name: &str) -> bool {
        let seen = self.0.lock();
        let is_parameter = |(at, _): (usize, &str)| name[..at].ends_with(['<', '(', ' ']);
        seen.keys().any(|guard| name.match_indices(guard).any(is_parameter))
    }
}

/// The sentinel of the guard `G` of ours: whether the launch has to stop.
pub(crate) fn abort<G>(rocket: &Rocket<Ignite>, admits: Admits) -> bool {
    abort_asking::<G>(rocket, admits, &Needs::All(&[]))
}

/// The same for a guard that needs more than a token.
pub(crate) fn abort_asking<G>(
    rocket: &Rocket<Ignite>,
    admits: Admits,
    needs: &'static Needs,
) -> bool {
    abort_seen::<G>(rocket, (admits, needs, None))
}

/// The [`Sentinel::abort`] of a guard of your own that admits only those it says.
///
/// A guard that wraps an [`AuthedUser`](crate::AuthedUser) may let everyone in, and the launch cannot see
/// that, so [`Bearer::public_only`](crate::Bearer::public_only) counts it as none. With this statement it
/// counts, and the launch tells the statement beside the routes. It is your word: say who gets in, and let
/// the guard succeed for them alone. As with our guards, an app without [`Bearer`](crate::Bearer) does
/// not launch.
///
/// ```
/// use rocket::outcome::try_outcome;
/// use rocket::request::{FromRequest, Outcome, Request};
/// use rocket::{Ignite, Rocket, Sentinel, async_trait, post, routes};
/// use rocket_bearer::{AuthedUser, Bearer, Rejection};
///
/// /// A user with an account.
/// struct Account(String);
///
/// #[async_trait]
/// impl<'r> FromRequest<'r> for Account {
///     type Error = Rejection;
///
///     async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Rejection> {
///         let user: AuthedUser = try_outcome!(AuthedUser::from_request(request).await);
///         match user.claims().sub.clone() {
///             Some(sub) => Outcome::Success(Self(sub)),
///             None => Rejection::InsufficientScope { needs: None }.refuse(request),
///         }
///     }
/// }
///
/// impl Sentinel for Account {
///     fn abort(rocket: &Rocket<Ignite>) -> bool {
///         rocket_bearer::abort_as_guard::<Self>(rocket, "an AuthedUser with an account")
///     }
/// }
///
/// #[post("/account")]
/// fn account(account: Account) -> String {
///     account.0
/// }
///
/// let rocket = rocket::build()
///     .attach(Bearer::fairing().public_only(["POST /login"]))
///     .mount("/", routes![account]);
/// ```
///
/// [`Sentinel::abort`]: rocket::Sentinel::abort
pub fn abort_as_guard<G>(rocket: &Rocket<Ignite>, admits: &'static str) -> bool {
    abort_seen::<G>(rocket, (Admits::TokensOnly, &Needs::All(&[]), Some(admits)))
}

fn abort_seen<G>(rocket: &Rocket<Ignite>, seen: Seen) -> bool {
    if let Some(guards) = rocket.state::<SeenGuards>() {
        guards.enter(type_name::<G>(), seen);
    }
    Policy::of(rocket).is_none_or(|policy| !policy.is_in_place(rocket.config()))
}
