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
/// or a later one whose scopes that one implies.
fn least(needs: &'static Needs, hierarchy: &ScopeHierarchy) -> Vec<&'static str> {
    match needs {
        Needs::Scope(name) | Needs::Granted(name) => vec![*name],
        Needs::All(needs) => together(needs.iter(), hierarchy),
        Needs::Any(needs) => {
            let lists = needs.iter().map(|need| least(need, hierarchy)).filter(|it| !it.is_empty());
            let less = |one: Vec<_>, other: Vec<_>| {
                if hierarchy.covers(&one, &other) { other } else { one }
            };
            lists.reduce(less).unwrap_or_default()
        }
        _ => vec![],
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
