//! Which scopes imply which: the key `scopes.implies`.

use std::collections::{BTreeMap, BTreeSet};

use crate::token::claims::Claims;

/// The scopes that imply others. What a scope implies by way of others is worked out when it is added, so
/// that a request only looks it up.
#[derive(Debug, Clone, Default)]
pub(crate) struct ScopeHierarchy {
    /// For each scope that is implied, all that imply it, at once or by way of others.
    broader: BTreeMap<String, BTreeSet<String>>,
}

impl ScopeHierarchy {
    /// Adds that `broad` implies `narrow`. `false`, and nothing is added, where `narrow` implies `broad`
    /// already or is the same.
    pub(crate) fn add(&mut self, broad: &str, narrow: &str) -> bool {
        if broad == narrow || self.implies(narrow, broad) {
            return false;
        }
        let mut above = self.broader.get(broad).cloned().unwrap_or_default();
        above.insert(broad.to_owned());
        let below = self.broader.iter().filter(|(_, broader)| broader.contains(narrow));
        let mut below: Vec<_> = below.map(|(scope, _)| scope.clone()).collect();
        below.push(narrow.to_owned());
        for scope in below {
            self.broader.entry(scope).or_default().extend(above.iter().cloned());
        }
        true
    }

    /// Whether `broad` implies `narrow`, and is another scope.
    pub(crate) fn implies(&self, broad: &str, narrow: &str) -> bool {
        self.broader.get(narrow).is_some_and(|broader| broader.contains(broad))
    }

    /// Whether `scope` implies another, or is implied.
    #[cfg(feature = "cli")]
    pub(crate) fn names(&self, scope: &str) -> bool {
        self.broader.iter().any(|(narrow, broader)| narrow == scope || broader.contains(scope))
    }

    /// Whether `scope` was granted, by its name or by one that implies it.
    pub(crate) fn grants(&self, claims: &Claims, scope: &str) -> bool {
        claims.has_scope(scope)
            || self
                .broader
                .get(scope)
                .is_some_and(|broader| claims.scopes().any(|granted| broader.contains(granted)))
    }

    /// The scopes of a list that no other of it implies.
    pub(crate) fn least<S: AsRef<str>>(&self, scopes: Vec<S>) -> Vec<S> {
        if self.broader.is_empty() {
            return scopes;
        }
        let is_implied =
            |scope: &S| scopes.iter().any(|other| self.implies(other.as_ref(), scope.as_ref()));
        let kept: Vec<_> = scopes.iter().map(|scope| !is_implied(scope)).collect();
        let pairs = scopes.into_iter().zip(kept);
        pairs.filter(|(_, is_kept)| *is_kept).map(|(scope, _)| scope).collect()
    }

    /// Whether the `broad` scopes grant each of the `narrow` ones.
    pub(crate) fn covers(&self, broad: &[&str], narrow: &[&str]) -> bool {
        let grants = |scope, granted| granted == scope || self.implies(granted, scope);
        narrow.iter().all(|scope| broad.iter().any(|granted| grants(*scope, *granted)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_implies_what_those_imply_that_it_implies() {
        // In any order of the pairs.
        let pairs = [("c", "d"), ("a", "b"), ("b", "c"), ("x", "c")];
        for turn in 0..pairs.len() {
            let mut hierarchy = ScopeHierarchy::default();
            for (broad, narrow) in pairs.iter().cycle().skip(turn).take(pairs.len()) {
                assert!(hierarchy.add(broad, narrow));
            }
            for broad in ["a", "b", "c", "d", "x"] {
                for narrow in ["a", "b", "c", "d", "x"] {
                    let expected = match broad {
                        "x" => ["c", "d"].contains(&narrow),
                        _ => narrow != "x" && broad < narrow,
                    };
                    assert_eq!(hierarchy.implies(broad, narrow), expected, "{broad} {narrow}");
                    let is_circle = expected || broad == narrow;
                    assert_eq!(
                        !hierarchy.clone().add(narrow, broad),
                        is_circle,
                        "{narrow} {broad}"
                    );
                }
            }
            assert_eq!(hierarchy.least(vec!["d", "a", "x", "c", "e"]), ["a", "x", "e"]);
            assert!(hierarchy.covers(&["a"], &["d", "a"]) && !hierarchy.covers(&["d"], &["a"]));
        }
    }
}
