//! One rule: whose tokens are revoked, which of them, and until when.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::error::{Invalid, ensure, invalid};
use crate::token::claims::YEAR_10000;

/// The longest value of a rule, in bytes. Every rule is held in memory.
const LONGEST_VALUE: usize = 1_024;

/// How long a rule lives that says nothing of it.
pub(crate) const USUAL_LIFE: Duration = Duration::from_secs(30 * 86_400);

/// What a rule names: all tokens of an issuer, or those with one value of a claim.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Selector {
    All,
    Of(Kind, String),
}

/// A claim that rules go by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Jti,
    Sid,
    Sub,
    /// The first claim that is present of `azp`, `client_id`, `cid` and `appid`.
    Client,
}

impl Kind {
    pub(crate) const ALL: [Self; 4] = [Self::Jti, Self::Sid, Self::Sub, Self::Client];

    /// The name in files, on the command line and in metrics.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Jti => "jti",
            Self::Sid => "sid",
            Self::Sub => "sub",
            Self::Client => "client",
        }
    }
}

impl Selector {
    /// The name of its kind in files, on the command line and in metrics.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Of(kind, _) => kind.name(),
        }
    }

    pub(crate) fn value(&self) -> Option<&str> {
        match self {
            Self::All => None,
            Self::Of(_, value) => Some(value),
        }
    }

    /// Refuses an empty value, which a variable that is not set leaves, and one that is too long.
    pub(crate) fn checked(self) -> Result<Self, Invalid> {
        let length = self.value().map(str::len);
        ensure(
            length != Some(0),
            "is a rule for an empty text",
            "write the claim as tokens carry it, or ask for all tokens",
        )?;
        ensure(
            length.is_none_or(|length| length <= LONGEST_VALUE),
            "is a rule for a text of more than 1024 bytes",
            "write the claim as tokens carry it",
        )?;
        Ok(self)
    }
}

/// Which tokens a rule fits in time, and until when it lives. All times are whole seconds since the epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    /// The latest `iat` that is fit; [`ANY`](Self::ANY) for all.
    before: u64,
    pub(crate) until: u64,
}

impl Span {
    const ANY: u64 = u64::MAX;

    pub(crate) fn new(before: Option<u64>, until: u64) -> Self {
        Self { before: before.unwrap_or(Self::ANY), until }
    }

    /// The latest `iat` that is fit; `None` where every token is.
    pub(crate) fn before(self) -> Option<u64> {
        (self.before != Self::ANY).then_some(self.before)
    }

    /// The later `before`, where none beats any, and the later `until`.
    pub(crate) fn joined(self, other: Self) -> Self {
        Self { before: self.before.max(other.before), until: self.until.max(other.until) }
    }

    /// Whether it is forgotten at `now`.
    pub(crate) fn is_past(self, now: f64) -> bool {
        self.until as f64 <= now
    }

    /// Whether a token with this `iat` is fit. `iat` counts by its whole second.
    pub(crate) fn fits(self, iat: Option<f64>) -> bool {
        self.before == Self::ANY || iat.is_none_or(|iat| iat.floor() <= self.before as f64)
    }
}

/// A rule by which tokens of an issuer are refused before they expire.
///
/// It names tokens by one claim, and optionally those that were issued up to a second. Without
/// [`until`](Self::until) it lives for 30 days from when it is made: longer than any token should.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use rocket_bearer::Rule;
///
/// // Log a user out everywhere: all tokens that were issued up to now.
/// let rule = Rule::sub("auth0|1").before(SystemTime::now());
/// // One token, which lives for an hour at most.
/// let rule = Rule::jti("6f1c").until(SystemTime::now() + Duration::from_secs(3_600));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Rule {
    pub(crate) selector: Selector,
    /// The name of the issuer; `None` for the only one.
    pub(crate) issuer: Option<String>,
    pub(crate) before: Option<u64>,
    pub(crate) until: Option<u64>,
}

impl Rule {
    /// The token with this `jti`.
    pub fn jti(value: impl Into<String>) -> Self {
        Self::of(Selector::Of(Kind::Jti, value.into()))
    }

    /// The tokens of the session `sid`.
    pub fn sid(value: impl Into<String>) -> Self {
        Self::of(Selector::Of(Kind::Sid, value.into()))
    }

    /// The tokens of the subject `sub`, usually a user.
    pub fn sub(value: impl Into<String>) -> Self {
        Self::of(Selector::Of(Kind::Sub, value.into()))
    }

    /// The tokens that were issued to this client: the first claim that is present of `azp`, `client_id`,
    /// `cid` and `appid`.
    pub fn client(value: impl Into<String>) -> Self {
        Self::of(Selector::Of(Kind::Client, value.into()))
    }

    /// All tokens of the issuer.
    pub fn all() -> Self {
        Self::of(Selector::All)
    }

    /// Of the issuer of this name, as the configuration has it (`default` at the top level). It has to be
    /// said where there are several.
    pub fn of_issuer(mut self, name: impl Into<String>) -> Self {
        self.issuer = Some(name.into());
        self
    }

    /// Only tokens whose `iat` is this second or earlier, and those without `iat`.
    pub fn before(mut self, at: SystemTime) -> Self {
        self.before = Some(seconds(at));
        self
    }

    /// When the rule is forgotten, in whole seconds: once every token that it fits has expired.
    pub fn until(mut self, at: SystemTime) -> Self {
        self.until = Some(seconds(at));
        self
    }

    /// Whether both name the same tokens, whatever their times.
    #[cfg(feature = "cli")]
    pub(crate) fn is_of(&self, other: &Self) -> bool {
        self.selector == other.selector && (other.issuer.is_none() || self.issuer == other.issuer)
    }

    pub(crate) fn of(selector: Selector) -> Self {
        Self { selector, issuer: None, before: None, until: None }
    }

    /// The rule's times, where it is made at `now`, in seconds since the epoch. Refuses one that is past.
    pub(crate) fn span(&self, now: f64) -> Result<Span, Invalid> {
        let until = self.until.unwrap_or(now as u64 + USUAL_LIFE.as_secs());
        let latest = YEAR_10000 as u64;
        if until >= latest || self.before.is_some_and(|before| before >= latest) {
            let problem = "is a rule for a time after the year 9999";
            return Err(invalid(problem, "write an earlier time, in seconds where it is a number"));
        }
        let span = Span::new(self.before, until);
        ensure(!span.is_past(now), "is a rule whose time is over", "let it live longer")?;
        Ok(span)
    }
}

fn seconds(at: SystemTime) -> u64 {
    at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// The kind and the times. The value may be personal data, which does not belong into logs.
impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rule")
            .field("kind", &self.selector.name())
            .field("issuer", &self.issuer)
            .field("before", &self.before)
            .field("until", &self.until)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_fit_by_the_whole_second_of_its_issue() {
        for (before, iat, fits) in [
            (None, None, true),
            (None, Some(1e12), true),
            (Some(100), None, true),
            (Some(100), Some(99.0), true),
            (Some(100), Some(100.0), true),
            (Some(100), Some(100.999), true),
            (Some(100), Some(101.0), false),
            (Some(0), Some(-0.5), true),
            (Some(0), Some(0.5), true),
            (Some(0), Some(1.0), false),
        ] {
            assert_eq!(Span::new(before, 1).fits(iat), fits, "{before:?} {iat:?}");
        }
    }

    #[test]
    fn times_join_to_the_later_and_none_beats_any() {
        for (one, other, joined) in [
            ((Some(1), 5), (Some(2), 4), (Some(2), 5)),
            ((None, 4), (Some(2), 5), (None, 5)),
            ((None, 4), (None, 4), (None, 4)),
        ] {
            let span = |(before, until)| Span::new(before, until);
            assert_eq!(span(one).joined(span(other)), span(joined));
            assert_eq!(span(other).joined(span(one)), span(joined));
        }
    }
}
