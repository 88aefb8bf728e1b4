//! The routes that the page offers to judge by and to call.

use crate::app::messages::{ReadMessages, WriteMessages};
use crate::explain::{Asked, PLAIN_ROUTE};
use crate::guard::requirement::Requirement;
use crate::rejection::needs::Needs;

/// Each with what it needs beyond a token; the first is the one that is chosen at the start.
pub(crate) const ROUTES: [(&str, Option<&Needs>); 4] = [
    (PLAIN_ROUTE, None),
    ("GET /me", None),
    ("GET /messages", Some(&<ReadMessages as Requirement>::NEEDS)),
    ("POST /messages", Some(&<WriteMessages as Requirement>::NEEDS)),
];

/// What the route of this name asks for; `None` where the page does not offer it.
pub(super) fn asked_by(name: &str) -> Option<Asked> {
    let (name, needs) = ROUTES.into_iter().find(|(route, _)| *route == name)?;
    Some(Asked { route: Some(name.to_owned()), needs, ..Asked::default() })
}
