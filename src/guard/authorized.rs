//! Accepted → allowed: what a caller must have been granted, or have done, for a route.

use crate::rejection::needs::Needs;
use crate::token::claims::Claims;

/// What a route asks of its caller, beyond a valid token: a type of your own.
///
/// `C` is what the claims are read as; [`Claims`] if nothing is said. Take
/// [`Authorized<Self>`](crate::Authorized) in the route.
///
/// ```
/// # use rocket::{get, routes};
/// use rocket_bearer::{Authorized, Needs, Requirement};
///
/// struct ReadMessages;
///
/// impl Requirement for ReadMessages {
///     const NEEDS: Needs = Needs::Granted("read:messages");
/// }
///
/// #[get("/messages")]
/// fn messages(reader: Authorized<ReadMessages>) -> String {
///     format!("hello {:?}", reader.claims().sub)
/// }
/// # let _ = routes![messages];
/// ```
///
/// A pair or a triple of requirements asks for all of them. What no [`Needs`] can say, [`admits`]
/// says over the typed claims:
///
/// ```
/// # use rocket::{get, routes, serde::Deserialize};
/// use rocket_bearer::{Authorized, Requirement};
///
/// #[derive(Deserialize)]
/// # #[serde(crate = "rocket::serde")]
/// struct Member {
///     #[serde(rename = "https://example.com/age")]
///     age: u8,
/// }
///
/// struct Adult;
///
/// impl Requirement<Member> for Adult {
///     fn admits(member: &Member) -> bool {
///         member.age >= 18
///     }
/// }
///
/// #[get("/bar")]
/// fn bar(_guest: Authorized<Adult, Member>) -> &'static str {
///     "welcome"
/// }
/// # let _ = routes![bar];
/// ```
///
/// [`admits`]: Requirement::admits
pub trait Requirement<C = Claims>: 'static {
    /// What must have been granted or done; nothing if nothing is said.
    const NEEDS: Needs = Needs::All(&[]);

    /// Whether these claims will do; a no is 403 `insufficient_scope`. Yes if nothing is said.
    fn admits(claims: &C) -> bool {
        let _ = claims;
        true
    }
}

impl<C, A: Requirement<C>, B: Requirement<C>> Requirement<C> for (A, B) {
    const NEEDS: Needs = Needs::All(&[A::NEEDS, B::NEEDS]);

    fn admits(claims: &C) -> bool {
        A::admits(claims) && B::admits(claims)
    }
}

impl<C, R: Requirement<C>, S: Requirement<C>, T: Requirement<C>> Requirement<C> for (R, S, T) {
    const NEEDS: Needs = Needs::All(&[R::NEEDS, S::NEEDS, T::NEEDS]);

    fn admits(claims: &C) -> bool {
        R::admits(claims) && S::admits(claims) && T::admits(claims)
    }
}
