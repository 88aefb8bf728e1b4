//! What the launch tells of the routes and their guards.

use std::collections::BTreeSet;
use std::fmt;

use super::route_audit::Audited;

/// How many routes answer every method of Rocket's; `HEAD` is answered by those of `GET`.
const EVERY_METHOD: usize = 8;

/// The widest name, in characters, behind which the guards are aligned.
const WIDEST: usize = 32;

/// A line for each route: its name, and what guards it. A path that answers every method alike has one
/// line.
pub(super) fn listed(audited: &[Audited]) -> Vec<String> {
    let mut rows: Vec<(String, String)> = vec![];
    for group in audited.chunk_by(|one, next| one.identity.1 == next.identity.1) {
        let guards: Vec<_> = group.iter().map(Audited::guarded_by).collect();
        let is_alike = guards.iter().all(|it| *it == guards[0]);
        match &group[0].route.split_once(' ') {
            Some((_, path)) if is_alike && group.len() >= EVERY_METHOD => {
                rows.push((format!("any method {path}"), guards[0].clone()));
            }
            _ => rows.extend(group.iter().map(|it| it.route.clone()).zip(guards)),
        }
    }
    let widest = rows.iter().map(|(route, _)| route.chars().count()).max().unwrap_or_default();
    let widest = widest.min(WIDEST);
    rows.iter().map(|(route, guards)| format!("{route:widest$}  {guards}")).collect()
}

impl Audited {
    fn guarded_by(&self) -> String {
        let listed = |names: &BTreeSet<String>| {
            names.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
        };
        match (self.guards.is_empty(), self.optional.is_empty()) {
            (false, _) => listed(&self.guards),
            (true, false) => format!("public, with {}", listed(&self.optional)),
            (true, true) => "public, as far as can be seen".to_owned(),
        }
    }
}

/// The name of the route, and what guards it.
impl fmt::Display for Audited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.route, self.guarded_by())
    }
}
