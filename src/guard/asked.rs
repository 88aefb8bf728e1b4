//! What a refusing guard asks for, as far as a challenge names it: scopes, never permissions or roles.

use std::borrow::Cow;

use crate::rejection::Rejection;
use crate::rejection::needs::Needs;

/// What a guard asks of a caller beyond a token.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Asked {
    /// Nothing, or the rejection says it.
    Nothing,
    /// What a route's requirement needs.
    Needs(&'static Needs),
    /// The scopes that `/auth` was asked for.
    Scopes(Vec<String>),
}

impl Asked {
    /// The scopes that a challenge to this rejection names, each once.
    pub(super) fn scopes(&self, rejection: Rejection) -> Vec<Cow<'_, str>> {
        match self {
            Self::Nothing => match rejection {
                // One that a guard of the app's own brought may hold anything.
                Rejection::InsufficientScope { needs: Some(needs) }
                | Rejection::InsufficientAuthentication { needs }
                    if needs.is_sound() =>
                {
                    least(needs).into_iter().map(Cow::Borrowed).collect()
                }
                _ => vec![],
            },
            Self::Needs(needs) => least(needs).into_iter().map(Cow::Borrowed).collect(),
            Self::Scopes(scopes) => scopes.iter().map(|scope| scope.as_str().into()).collect(),
        }
    }
}

/// The scopes with which a caller would meet these needs, as far as scopes decide: all at once, and of
/// several that would do, those of the first that has any.
fn least(needs: &'static Needs) -> Vec<&'static str> {
    let mut scopes = vec![];
    match needs {
        Needs::Scope(name) | Needs::Granted(name) => scopes.push(*name),
        Needs::All(needs) => {
            for scope in needs.iter().flat_map(least) {
                if !scopes.contains(&scope) {
                    scopes.push(scope);
                }
            }
        }
        Needs::Any(needs) => {
            scopes = needs.iter().map(least).find(|it| !it.is_empty()).unwrap_or_default();
        }
        _ => {}
    }
    scopes
}
