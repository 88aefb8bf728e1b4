//! Rules for look-up: immutable for readers, cheap to copy with one change.

use super::rule::{Kind, Selector, Span};
use super::shards::Shards;
use crate::token::claims::Claims;

/// The rules of all issuers that come from one source.
#[derive(Debug, Clone, Default)]
pub(crate) struct RuleSet {
    /// By the number of the issuer.
    issuers: Vec<OfIssuer>,
    len: usize,
}

#[derive(Debug, Clone, Default)]
struct OfIssuer {
    all: Option<Span>,
    /// By the place of the kind in [`Kind::ALL`].
    by_value: [Shards; Kind::ALL.len()],
}

impl RuleSet {
    /// How many rules there are, those that are past and not yet pruned included.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Adds a rule at `now`, or joins it with the one of this name, unless that is past. Returns what is in
    /// force then.
    pub(crate) fn add(&mut self, issuer: usize, selector: &Selector, span: Span, now: f64) -> Span {
        let joined = match self.get(issuer, selector).filter(|known| !known.is_past(now)) {
            Some(known) => known.joined(span),
            None => span,
        };
        self.put(issuer, selector, joined);
        joined
    }

    /// Sets the rule of this name, whatever it was before.
    pub(crate) fn put(&mut self, issuer: usize, selector: &Selector, span: Span) {
        if self.issuers.len() <= issuer {
            self.issuers.resize_with(issuer + 1, OfIssuer::default);
        }
        let rules = &mut self.issuers[issuer];
        let before = match selector {
            Selector::All => rules.all.replace(span),
            Selector::Of(kind, value) => rules.by_value[*kind as usize].insert(value, span),
        };
        self.len += usize::from(before.is_none());
    }

    /// Returns whether there was such a rule.
    pub(crate) fn remove(&mut self, issuer: usize, selector: &Selector) -> bool {
        if self.get(issuer, selector).is_none() {
            return false;
        }
        let rules = &mut self.issuers[issuer];
        match selector {
            Selector::All => rules.all = None,
            Selector::Of(kind, value) => {
                rules.by_value[*kind as usize].remove(value);
            }
        }
        self.len -= 1;
        true
    }

    pub(crate) fn get(&self, issuer: usize, selector: &Selector) -> Option<Span> {
        let rules = self.issuers.get(issuer)?;
        match selector {
            Selector::All => rules.all,
            Selector::Of(kind, value) => rules.by_value[*kind as usize].get(value),
        }
    }

    /// The first rule that fits these claims at `now`, by kind; a value is looked up only where there are
    /// rules of its kind.
    pub(crate) fn fitting(
        &self,
        issuer: usize,
        claims: &Claims,
        now: f64,
    ) -> Option<(&'static str, Span)> {
        let rules = self.issuers.get(issuer)?;
        let fits = |span: &Span| !span.is_past(now) && span.fits(claims.iat);
        if let Some(span) = rules.all.filter(fits) {
            return Some((Selector::All.name(), span));
        }
        Kind::ALL.into_iter().find_map(|kind| {
            let shards = &rules.by_value[kind as usize];
            if !shards.have_any() {
                return None;
            }
            let span = shards.get(value(kind, claims)?).filter(fits)?;
            Some((kind.name(), span))
        })
    }

    /// Forgets what is past at `now`; returns whether there was any.
    pub(crate) fn prune(&mut self, now: f64) -> bool {
        let before = self.len;
        for rules in &mut self.issuers {
            if rules.all.take_if(|span| span.is_past(now)).is_some() {
                self.len -= 1;
            }
            for shards in &mut rules.by_value {
                self.len -= shards.prune(now);
            }
        }
        self.len < before
    }

    /// All rules, in no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (usize, Selector, Span)> {
        self.issuers.iter().enumerate().flat_map(|(issuer, rules)| {
            let all = rules.all.map(|span| (issuer, Selector::All, span));
            let by_value = Kind::ALL.into_iter().flat_map(move |kind| {
                let rules = rules.by_value[kind as usize].iter();
                rules.map(move |(value, span)| {
                    (issuer, Selector::Of(kind, value.to_string()), *span)
                })
            });
            all.into_iter().chain(by_value)
        })
    }

    /// How many rules there are of each kind, `all` included.
    pub(crate) fn counts(&self) -> [(&'static str, usize); Kind::ALL.len() + 1] {
        let mut counts = [(Selector::All.name(), 0); Kind::ALL.len() + 1];
        for (kind, count) in Kind::ALL.into_iter().zip(&mut counts[1..]) {
            let of_kind = self.issuers.iter().map(|rules| &rules.by_value[kind as usize]);
            *count = (kind.name(), of_kind.map(|shards| shards.iter().count()).sum());
        }
        counts[0].1 = self.issuers.iter().filter(|rules| rules.all.is_some()).count();
        counts
    }
}

/// The claim of this kind, where it is a text.
fn value(kind: Kind, claims: &Claims) -> Option<&str> {
    match kind {
        Kind::Jti => claims.jti.as_deref(),
        Kind::Sid => claims.get("sid")?.as_str(),
        Kind::Sub => claims.sub.as_deref(),
        Kind::Client => claims.client(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn claims(members: Value) -> Claims {
        let mut claims = json!({ "iss": "i", "exp": 1_000 });
        claims.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        serde_json::from_value(claims).unwrap()
    }

    fn of(kind: Kind, value: &str) -> Selector {
        Selector::Of(kind, value.to_owned())
    }

    #[test]
    fn a_rule_fits_by_one_claim_of_one_issuer_and_no_other() {
        let mut rules = RuleSet::default();
        for (kind, value) in
            [(Kind::Jti, "t"), (Kind::Sid, "s"), (Kind::Sub, "a"), (Kind::Client, "c")]
        {
            rules.add(1, &of(kind, value), Span::new(Some(100), 500), 0.0);
        }
        for (members, fits) in [
            (json!({ "jti": "t" }), Some("jti")),
            (json!({ "sid": "s" }), Some("sid")),
            (json!({ "sub": "a" }), Some("sub")),
            (json!({ "azp": "c" }), Some("client")),
            (json!({ "client_id": "c" }), Some("client")),
            (json!({ "cid": "c" }), Some("client")),
            (json!({ "appid": "c", "sub": "b" }), Some("client")),
            // The first client claim that is there speaks, be it no text.
            (json!({ "azp": "d", "client_id": "c" }), None),
            (json!({ "azp": 7, "client_id": "c" }), None),
            (json!({ "sid": ["s"] }), None),
            (json!({ "sub": "A" }), None),
            (json!({ "sub": "a ", "jti": "a", "sid": "a", "azp": "a" }), None),
            (json!({ "sub": "a", "iat": 100.9 }), Some("sub")),
            (json!({ "sub": "a", "iat": 101 }), None),
            (json!({}), None),
        ] {
            let claims = claims(members.clone());
            let kind = |issuer, now| rules.fitting(issuer, &claims, now).map(|(kind, _)| kind);
            assert_eq!(kind(1, 499.9), fits, "{members}");
            assert_eq!(kind(1, 500.0), None, "{members} when the rules are past");
            assert_eq!(kind(0, 1.0), None, "{members} of another issuer");
            assert_eq!(kind(2, 1.0), None, "{members} of one more");
        }
        rules.add(1, &Selector::All, Span::new(None, 500), 0.0);
        assert_eq!(rules.fitting(1, &claims(json!({})), 1.0).unwrap().0, "all");
        assert_eq!(rules.len(), 5);
    }

    #[test]
    fn rules_join_unless_the_one_that_is_there_is_past() {
        let mut rules = RuleSet::default();
        let name = of(Kind::Sub, "a");
        for (before, until, now, expected) in [
            (Some(5), 10, 0.0, (Some(5), 10)),
            (Some(4), 20, 1.0, (Some(5), 20)),
            (None, 15, 2.0, (None, 20)),
            (Some(25), 30, 20.0, (Some(25), 30)),
        ] {
            let span = rules.add(0, &name, Span::new(before, until), now);
            assert_eq!(span, Span::new(expected.0, expected.1), "{before:?} {until}");
            assert_eq!((rules.len(), rules.get(0, &name)), (1, Some(span)));
        }
    }

    #[test]
    fn a_copy_stays_as_it_was_when_the_other_changes() {
        let mut rules = RuleSet::default();
        for number in 0..1_000 {
            rules.add(0, &of(Kind::Jti, &number.to_string()), Span::new(None, number), 0.0);
        }
        let copy = rules.clone();
        assert!(rules.remove(0, &of(Kind::Jti, "999")));
        assert!(!rules.remove(0, &of(Kind::Jti, "999")));
        assert!(rules.prune(500.0));
        assert!(!rules.prune(500.0));
        assert_eq!((rules.len(), rules.iter().count()), (498, 498));
        assert_eq!((copy.len(), copy.iter().count()), (1_000, 1_000));
        assert_eq!(rules.counts()[1], ("jti", 498));
    }

    #[test]
    fn a_hundred_thousand_rules_take_less_than_25_megabytes() {
        for kinds in [&Kind::ALL[2..3], &Kind::ALL[..]] {
            let mut rules = RuleSet::default();
            let allocated = allocation_counter::measure(|| {
                for number in 0..100_000_usize {
                    let value = format!("auth0|{number:024x}");
                    let name = Selector::Of(kinds[number % kinds.len()], value);
                    rules.add(0, &name, Span::new(Some(1), 2), 0.0);
                }
            });
            assert_eq!(rules.len(), 100_000);
            let megabytes = allocated.bytes_current as f64 / 1e6;
            assert!(megabytes < 25.0, "{} kinds: {megabytes} MB", kinds.len());
        }
    }
}
