//! The rules of one kind by their values: in parts, so that a change copies few, and behind a filter, so
//! that a value without a rule is passed over.

use std::collections::HashMap;
use std::sync::Arc;

use super::rule::Span;

/// How many parts the rules of one kind are in. A change copies one of them.
const SHARDS: usize = 64;

type Map = HashMap<Arc<str>, Span>;

/// The rules of one kind by value; nothing is allocated without any.
#[derive(Debug, Clone, Default)]
pub(super) struct Shards(Option<Arc<Parts>>);

#[derive(Debug, Clone)]
struct Parts {
    /// Passes over nearly all values that no rule has, before a map is asked.
    filter: Filter,
    maps: [Arc<Map>; SHARDS],
}

impl Shards {
    /// Whether there ever was a rule.
    pub(super) fn have_any(&self) -> bool {
        self.0.is_some()
    }

    pub(super) fn get(&self, value: &str) -> Option<Span> {
        let (parts, mixed) = (self.0.as_ref()?, mixed(value));
        if !parts.filter.may_have(mixed) {
            return None;
        }
        parts.maps[shard(mixed)].get(value).copied()
    }

    pub(super) fn insert(&mut self, value: &str, span: Span) -> Option<Span> {
        let parts = self.0.get_or_insert_with(|| {
            let empty = Arc::new(Map::new());
            let maps = std::array::from_fn(|_| empty.clone());
            Arc::new(Parts { filter: Filter::of([].into_iter()), maps })
        });
        let (parts, mixed) = (Arc::make_mut(parts), mixed(value));
        let before = Arc::make_mut(&mut parts.maps[shard(mixed)]).insert(value.into(), span);
        if before.is_none() && !parts.filter.add(mixed) {
            parts.renew_filter();
        }
        before
    }

    pub(super) fn remove(&mut self, value: &str) {
        if let Some(parts) = &mut self.0 {
            let map = &mut Arc::make_mut(parts).maps[shard(mixed(value))];
            Arc::make_mut(map).remove(value);
        }
    }

    /// Returns how many were past.
    pub(super) fn prune(&mut self, now: f64) -> usize {
        let Some(parts) = &mut self.0 else { return 0 };
        let is_past = |map: &Arc<Map>| map.values().any(|span| span.is_past(now));
        if !parts.maps.iter().any(is_past) {
            return 0;
        }
        let (parts, mut gone) = (Arc::make_mut(parts), 0);
        for map in parts.maps.iter_mut().filter(|map| is_past(map)) {
            let map = Arc::make_mut(map);
            let before = map.len();
            map.retain(|_, span| !span.is_past(now));
            gone += before - map.len();
        }
        parts.renew_filter();
        gone
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Span)> {
        self.0.iter().flat_map(|parts| &parts.maps).flat_map(|map| map.iter())
    }
}

impl Parts {
    fn renew_filter(&mut self) {
        self.filter = Filter::of(self.maps.iter().flat_map(|map| map.keys()).map(|it| mixed(it)));
    }
}

/// Two bits of one word for each value, of 16 or more: a value without both has no rule. One that has
/// them by chance, or since a rule was removed, costs a look into its map.
#[derive(Debug, Clone)]
struct Filter {
    /// As many as a power of two.
    words: Box<[u64]>,
    values: usize,
}

impl Filter {
    /// The filter of these mixed values, with room for as many again.
    fn of(values: impl Iterator<Item = u64> + Clone) -> Self {
        let words = (values.clone().count() / 2).next_power_of_two().max(4);
        let mut filter = Self { words: vec![0; words].into(), values: 0 };
        values.for_each(|mixed| {
            filter.add(mixed);
        });
        filter
    }

    fn may_have(&self, mixed: u64) -> bool {
        self.words[self.word(mixed)] & bits(mixed) == bits(mixed)
    }

    /// Returns whether there is room; without it the filter lets more and more through.
    fn add(&mut self, mixed: u64) -> bool {
        self.words[self.word(mixed)] |= bits(mixed);
        self.values += 1;
        self.values <= self.words.len() * 4
    }

    fn word(&self, mixed: u64) -> usize {
        (mixed >> 12) as usize & (self.words.len() - 1)
    }
}

fn bits(mixed: u64) -> u64 {
    1 << (mixed & 63) | 1 << (mixed >> 6 & 63)
}

/// The part of a mixed value.
fn shard(mixed: u64) -> usize {
    (mixed >> 58) as usize % SHARDS
}

/// The bits of a value, mixed. It only has to spread values: the maps hash with a secret.
fn mixed(value: &str) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let mixed = value.as_bytes().chunks(8).fold(value.len() as u64, |mixed, chunk| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        (mixed.rotate_left(23) ^ u64::from_le_bytes(word)).wrapping_mul(FACTOR)
    });
    (mixed ^ mixed >> 32).wrapping_mul(FACTOR)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_rule_is_passed_over_and_few_values_without_one_are_looked_for() {
        let mut rules = Shards::default();
        let value = |number: usize| format!("auth0|{number:024x}");
        for number in 0..20_000 {
            rules.insert(&value(number), Span::new(None, number as u64));
            assert!(rules.get(&value(number)).is_some() && rules.get(&value(0)).is_some());
        }
        assert_eq!(rules.prune(10_000.0), 10_001);
        rules.remove(&value(15_000));
        for number in 0..20_000 {
            let is_there = number > 10_000 && number != 15_000;
            assert_eq!(rules.get(&value(number)).is_some(), is_there, "{number}");
        }
        let filter = &rules.0.as_ref().unwrap().filter;
        let by_chance = (20_000..120_000).filter(|it| filter.may_have(mixed(&value(*it)))).count();
        assert!(by_chance < 10_000, "{by_chance} of 100000");
    }

    #[test]
    fn values_that_differ_at_either_end_are_spread_over_the_parts() {
        let all: [fn(usize) -> String; 3] = [
            |number| format!("auth0|{number:024x}"),
            |number| format!("{number:08}@clients"),
            |number| number.to_string(),
        ];
        for of in all {
            let mut counts = [0; SHARDS];
            (0..64 * SHARDS).for_each(|number| counts[shard(mixed(&of(number)))] += 1);
            let most = counts.iter().max().unwrap();
            assert!(*most < 3 * 64, "{}: {most}", of(1));
        }
    }
}
