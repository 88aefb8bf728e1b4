//! What a refusing guard asks for, as far as a challenge names it: scopes, never permissions or roles.

use std::borrow::Cow;

use crate::rejection::Rejection;
use crate::rejection::needs::Needs;
use crate::token::scope_hierarchy::ScopeHierarchy;

/// What a guard asks of a caller beyond a token.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Asked {
    /// Nothing, or the rejection says it.
    Nothing,
    /// What a route's requirement needs.
    Needs(&'static Needs),
    /// What several messages of one request need together.
    EachOf(Vec<&'static Needs>),
    /// The scopes that `/auth` was asked for.
    Scopes(Vec<String>),
}

impl Asked {
    /// The scopes that a challenge to this rejection names, each once.
    pub(super) fn scopes(
        &self,
        rejection: Rejection,
        hierarchy: &ScopeHierarchy,
    ) -> Vec<Cow<'_, str>> {
        let of = |needs| least(needs, hierarchy).into_iter().map(Cow::Borrowed).collect();
        match self {
            Self::Nothing => match rejection {
                // One that a guard of the app's own brought may hold anything.
                Rejection::InsufficientScope { needs: Some(needs) }
                | Rejection::InsufficientAuthentication { needs }
                    if needs.is_sound() =>
                {
                    of(needs)
                }
                _ => vec![],
            },
            Self::Needs(needs) => of(needs),
            Self::EachOf(needs) => {
                let scopes = together(needs.iter().copied(), hierarchy);
                scopes.into_iter().map(Cow::Borrowed).collect()
            }
            Self::Scopes(scopes) => {
                hierarchy.least(scopes.iter().map(|scope| scope.as_str().into()).collect())
            }
        }
    }
}

/// The scopes with which a caller would meet these needs, as far as scopes decide: all at once, without
/// those that another of them implies. Of several lists that would do it is the first that has any scope,
/// or a later one whose scopes that one implies. A list that would do by itself stands before one beside
/// which a permission or the like is needed, for no client gets that by asking for scopes.
fn least(needs: &'static Needs, hierarchy: &ScopeHierarchy) -> Vec<&'static str> {
    match needs {
        Needs::Scope(name) | Needs::Granted(name) => vec![*name],
        Needs::All(needs) => together(needs.iter(), hierarchy),
        Needs::Any(needs) => {
            let less = |one: Vec<_>, other: Vec<_>| {
                if hierarchy.covers(&one, &other) { other } else { one }
            };
            let first = |is_met: fn(&Needs) -> bool| {
                let lists = needs.iter().filter(|need| is_met(need));
                let lists = lists.map(|need| least(need, hierarchy)).filter(|it| !it.is_empty());
                lists.reduce(less)
            };
            first(is_met_by_scopes).or_else(|| first(|_| true)).unwrap_or_default()
        }
        _ => vec![],
    }
}

/// Whether a caller can meet these needs by asking for scopes, and signing in for them.
fn is_met_by_scopes(needs: &Needs) -> bool {
    match needs {
        Needs::Scope(_) | Needs::Granted(_) | Needs::Acr(_) | Needs::SignedInWithin(_) => true,
        Needs::Permission(_)
        | Needs::Claim { .. }
        | Needs::Role(_)
        | Needs::Organization(_)
        | Needs::Actor(_) => false,
        Needs::All(needs) => needs.iter().all(is_met_by_scopes),
        Needs::Any(needs) => needs.iter().any(is_met_by_scopes),
    }
}

fn together(
    needs: impl Iterator<Item = &'static Needs>,
    hierarchy: &ScopeHierarchy,
) -> Vec<&'static str> {
    let mut scopes = vec![];
    for scope in needs.flat_map(|need| least(need, hierarchy)) {
        if !scopes.contains(&scope) {
            scopes.push(scope);
        }
    }
    hierarchy.least(scopes)
}
