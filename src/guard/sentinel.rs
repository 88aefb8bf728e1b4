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
pub(crate) struct SeenGuards(Arc<Mutex<BTreeMap<&'static str, (Admits, &'static Needs)>>>);

impl SeenGuards {
    fn enter(&self, guard: &'static str, admits: Admits, needs: &'static Needs) {
        self.0.lock().insert(guard, (admits, needs));
    }

    /// What the guard of this type name admits; `None` for a type that is not a guard of ours.
    pub(crate) fn admits(&self, guard: &str) -> Option<Admits> {
        self.0.lock().get(guard).map(|(admits, _)| *admits)
    }

    /// What the guard of this type name asks for beyond a token.
    #[cfg(feature = "cli")]
    pub(crate) fn needs(&self, guard: &str) -> Option<&'static Needs> {
        self.0.lock().get(guard).map(|(_, needs)| *needs)
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
    if let Some(seen) = rocket.state::<SeenGuards>() {
        seen.enter(type_name::<G>(), admits, needs);
    }
    Policy::of(rocket).is_none_or(|policy| !policy.is_in_place(rocket.config()))
}
