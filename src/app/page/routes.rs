//! The routes that the page offers to judge by and to call.

use crate::app::messages::{ReadMessages, WriteMessages};
use crate::explain::{Asked, PLAIN_ROUTE, SentProof};
use crate::guard::requirement::Requirement;
use crate::rejection::needs::Needs;

/// Each with what it needs beyond a token; the first is the one that is chosen at the start.
pub(crate) const ROUTES: [(&str, Option<&Needs>); 4] = [
    (PLAIN_ROUTE, None),
    ("GET /me", None),
    ("GET /messages", Some(&<ReadMessages as Requirement>::NEEDS)),
    ("POST /messages", Some(&<WriteMessages as Requirement>::NEEDS)),
];

/// What the route of this name asks for, and the proof that is sent with a request for it; `None` where
/// the page does not offer it.
pub(super) fn asked_by(name: &str, proof: Option<&str>) -> Option<Asked> {
    let (name, needs) = ROUTES.into_iter().find(|(route, _)| *route == name)?;
    let (method, path) = name.split_once(' ')?;
    let proof = proof.map(|proof| SentProof {
        proof: proof.to_owned(),
        method: method.to_owned(),
        url: Some(path.to_owned()),
    });
    Some(Asked { route: Some(name.to_owned()), needs, proof })
}
