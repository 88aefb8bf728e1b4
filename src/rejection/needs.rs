//! What a route asks of its caller: data only; `guard` judges it.

use std::time::Duration;

/// What must have been granted to a caller, or done by one.
///
/// ```
/// use std::time::Duration;
///
/// use rocket::{get, post, routes};
/// use rocket_bearer::{Authorized, Needs, requirement};
///
/// requirement!(Editor = Needs::Any(&[Needs::Scope("write:pages"), Needs::Role("editor")]));
/// requirement!(
///     Payer = Needs::All(&[
///         Needs::Permission("pay:invoices"),
///         Needs::SignedInWithin(Duration::from_secs(300)),
///     ])
/// );
///
/// #[get("/pages")]
/// fn pages(_editor: Authorized<Editor>) {}
///
/// #[post("/invoices")]
/// fn pay(_payer: Authorized<Payer>) {}
///
/// let routes = routes![pages, pay];
/// ```
///
/// A name that no token could carry does not compile where a route asks for it (RFC 6749 §3.3):
///
/// ```compile_fail
/// use rocket::{get, routes};
/// use rocket_bearer::{Authorized, Needs, Requirement};
/// struct TwoWords;
///
/// impl Requirement for TwoWords {
///     const NEEDS: Needs = Needs::Scope("read write");
/// }
///
/// #[get("/")]
/// fn route(_user: Authorized<TwoWords>) {}
/// # let _ = routes![route];
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Needs {
    /// This scope, in `scope` (RFC 8693 §4.2) or in Entra's `scp`.
    Scope(&'static str),
    /// This permission, in `permissions`, as Auth0's role-based access control writes it.
    Permission(&'static str),
    /// A scope or a permission of this name.
    Granted(&'static str),
    /// A claim of this name that is this text, or a list that holds it.
    Claim {
        /// The claim's name, for instance `https://example.com/roles`.
        name: &'static str,
        /// The text.
        value: &'static str,
    },
    /// A sign-in of one of these classes, in `acr` (RFC 9068 §2.2.1, RFC 9470).
    Acr(&'static [&'static str]),
    /// A sign-in at most this long and the `leeway` ago, by `auth_time`; a challenge says it in
    /// whole seconds, rounded down.
    SignedInWithin(Duration),
    /// This role, in the claims that the key `roles` names; without that key there are no roles.
    Role(&'static str),
    /// The organisation of this id, in Auth0's `org_id`.
    Organization(&'static str),
    /// This party acts for the subject: the outermost `act.sub` of a token exchange (RFC 8693 §4.1).
    Actor(&'static str),
    /// All of these; the first that is not met answers, so put grants before sign-ins.
    All(&'static [Self]),
    /// One of these.
    Any(&'static [Self]),
}

impl Needs {
    /// Every scope that is named here, once, in order.
    pub(crate) fn scopes(&self) -> Vec<&'static str> {
        self.collect(&|need| match need {
            Self::Scope(name) | Self::Granted(name) => std::slice::from_ref(name),
            _ => &[],
        })
    }

    /// Every authentication context class that is named here, once, in order.
    pub(crate) fn acr_values(&self) -> Vec<&'static str> {
        self.collect(&|need| match need {
            Self::Acr(values) => values,
            _ => &[],
        })
    }

    /// The shortest time that is named here.
    pub(crate) fn max_age(&self) -> Option<Duration> {
        match self {
            Self::SignedInWithin(time) => Some(*time),
            Self::All(needs) | Self::Any(needs) => needs.iter().filter_map(Self::max_age).min(),
            _ => None,
        }
    }

    fn collect(&self, of: &dyn Fn(&Self) -> &[&'static str]) -> Vec<&'static str> {
        let mut names = vec![];
        match self {
            Self::All(needs) | Self::Any(needs) => {
                for name in needs.iter().flat_map(|need| need.collect(of)) {
                    if !names.contains(&name) {
                        names.push(name);
                    }
                }
            }
            one => names.extend_from_slice(of(one)),
        }
        names
    }

    /// Whether every name here is one that a token and a challenge can carry.
    pub(crate) const fn is_sound(&self) -> bool {
        match self {
            Self::Scope(name) | Self::Granted(name) => is_token(name),
            Self::Permission(name)
            | Self::Role(name)
            | Self::Organization(name)
            | Self::Actor(name) => !name.is_empty(),
            Self::Claim { name, .. } => !name.is_empty(),
            Self::Acr(values) => {
                let mut index = 0;
                while index < values.len() {
                    if !is_token(values[index]) {
                        return false;
                    }
                    index += 1;
                }
                !values.is_empty()
            }
            Self::SignedInWithin(_) => true,
            Self::All(needs) => all_sound(needs),
            Self::Any(needs) => all_sound(needs) && !needs.is_empty(),
        }
    }
}

const fn all_sound(needs: &[Needs]) -> bool {
    let mut index = 0;
    while index < needs.len() {
        if !needs[index].is_sound() {
            return false;
        }
        index += 1;
    }
    true
}

/// A scope-token (RFC 6749 §3.3): printable, without a space, a quote or a backslash.
pub(crate) const fn is_token(name: &str) -> bool {
    let octets = name.as_bytes();
    let mut index = 0;
    while index < octets.len() {
        if !matches!(octets[index], 0x21 | 0x23..=0x5b | 0x5d..=0x7e) {
            return false;
        }
        index += 1;
    }
    !octets.is_empty()
}
