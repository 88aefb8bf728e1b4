//! Which proofs this process has seen, so that each serves once.
//!
//! A proof that may still be accepted is never dropped for another one: a full memory refuses new proofs.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use parking_lot::Mutex;

use crate::rejection::Rejection;

/// The span of one slot, in seconds. Proofs are forgotten a slot at a time.
const SLOT: u64 = 15;

/// How much of the memory one key may fill.
const SHARE: usize = 10;

/// What makes a proof one: the key and the id that it carries (RFC 9449 §11.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ProofId {
    /// The beginning of the key's thumbprint.
    pub(super) key: u64,
    /// The beginning of SHA-256 of the thumbprint, a zero octet and `jti`.
    pub(super) digest: [u8; 16],
}

/// The proofs that were seen and may still be accepted.
pub(crate) struct SeenProofs {
    most: usize,
    memory: Mutex<Memory>,
}

#[derive(Default)]
struct Memory {
    /// By the slot's end, in seconds since the epoch.
    slots: BTreeMap<u64, Slot>,
    count: usize,
    /// The latest end of a slot that was forgotten. A clock that is set back makes its proofs fresh again.
    forgotten: u64,
}

#[derive(Default)]
struct Slot {
    seen: HashSet<[u8; 16]>,
    /// How many of them each key has made.
    by_key: HashMap<u64, usize>,
}

impl SeenProofs {
    /// A memory for this many proofs.
    pub(crate) fn new(most: usize) -> Self {
        Self { most, memory: Mutex::default() }
    }

    /// Remembers a proof that is accepted `until` then; the error says that it was seen before, or why it
    /// cannot be remembered. Times are in seconds since the epoch.
    pub(crate) fn add(&self, id: ProofId, until: f64, now: f64) -> Result<(), Rejection> {
        let mut memory = self.memory.lock();
        memory.forget_up_to(now);
        let end = end_of_slot(until);
        if end <= memory.forgotten || memory.slots.values().any(|it| it.seen.contains(&id.digest)) {
            return Err(Rejection::ReplayedProof);
        }
        if memory.of_key(id.key).map(|(_, count)| count).sum::<usize>() >= self.most / SHARE {
            let first = memory.of_key(id.key).map(|(end, _)| end).next();
            return Err(Rejection::TooManyProofs { retry_after: wait(first, now) });
        }
        if memory.count >= self.most {
            let first = memory.slots.keys().next().copied();
            return Err(Rejection::StoreUnavailable { retry_after: wait(first, now) });
        }
        let slot = memory.slots.entry(end).or_default();
        slot.seen.insert(id.digest);
        *slot.by_key.entry(id.key).or_default() += 1;
        memory.count += 1;
        Ok(())
    }

    /// Forgets a proof that was not accepted after all.
    pub(crate) fn remove(&self, id: ProofId, until: f64) {
        let mut memory = self.memory.lock();
        let Some(slot) = memory.slots.get_mut(&end_of_slot(until)) else { return };
        if !slot.seen.remove(&id.digest) {
            return;
        }
        if let Entry::Occupied(mut count) = slot.by_key.entry(id.key) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
        memory.count -= 1;
    }

    /// How many proofs are remembered.
    pub(crate) fn count(&self) -> usize {
        self.memory.lock().count
    }
}

impl Memory {
    fn forget_up_to(&mut self, now: f64) {
        while let Some(first) = self.slots.first_entry()
            && *first.key() as f64 <= now
        {
            self.forgotten = self.forgotten.max(*first.key());
            self.count -= first.remove().seen.len();
        }
    }

    /// The ends of the slots that hold proofs of this key, and how many.
    fn of_key(&self, key: u64) -> impl Iterator<Item = (u64, usize)> {
        self.slots.iter().filter_map(move |(end, slot)| Some((*end, *slot.by_key.get(&key)?)))
    }
}

/// The end of the slot of a proof that is accepted `until` then.
fn end_of_slot(until: f64) -> u64 {
    (until.max(0.0) as u64 / SLOT + 1) * SLOT
}

/// The time until this slot is forgotten, in whole seconds from 1 s.
fn wait(end: Option<u64>, now: f64) -> Duration {
    let seconds = end.map_or(SLOT as f64, |end| end as f64 - now);
    Duration::from_secs(seconds.ceil().max(1.0) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: f64 = 1_790_000_000.5;

    fn id(key: u64, number: u64) -> ProofId {
        let mut digest = [0; 16];
        digest[..8].copy_from_slice(&key.to_ne_bytes());
        digest[8..].copy_from_slice(&number.to_ne_bytes());
        ProofId { key, digest }
    }

    #[test]
    fn a_proof_is_accepted_once_while_it_lives() {
        let seen = SeenProofs::new(1_000);
        assert_eq!(seen.add(id(1, 1), NOW + 300.0, NOW), Ok(()));
        for later in [0.0, 299.9, 300.0] {
            // The same proof, and another with the same `jti` and another `iat`.
            for until in [NOW + 300.0, NOW + 330.0] {
                let again = seen.add(id(1, 1), until, NOW + later);
                assert_eq!(again, Err(Rejection::ReplayedProof), "{later}");
            }
        }
        assert_eq!(seen.add(id(1, 2), NOW + 300.0, NOW), Ok(()));
        assert_eq!(seen.add(id(1, 1), NOW + 900.0, NOW + 600.0), Ok(()));
        assert_eq!(seen.count(), 1);
    }

    #[test]
    fn a_clock_that_is_set_back_makes_no_proof_fresh() {
        let seen = SeenProofs::new(1_000);
        assert_eq!(seen.add(id(1, 1), NOW + 300.0, NOW), Ok(()));
        assert_eq!(seen.add(id(1, 2), NOW + 900.0, NOW + 600.0), Ok(()));
        assert_eq!(seen.add(id(1, 1), NOW + 300.0, NOW), Err(Rejection::ReplayedProof));
    }

    #[test]
    fn a_full_memory_refuses_and_forgets_nothing() {
        let seen = SeenProofs::new(200);
        for number in 0..200 {
            assert_eq!(seen.add(id(number, number), NOW + 300.0, NOW), Ok(()));
        }
        let full = seen.add(id(900, 900), NOW + 300.0, NOW);
        assert!(matches!(full, Err(Rejection::StoreUnavailable { .. })), "{full:?}");
        for number in 0..200 {
            let again = seen.add(id(number, number), NOW + 300.0, NOW + 100.0);
            assert_eq!(again, Err(Rejection::ReplayedProof));
        }
        assert_eq!(seen.add(id(900, 900), NOW + 700.0, NOW + 400.0), Ok(()));
    }

    /// As in an outage of the store: nothing of them is left, whosever they were.
    #[test]
    fn proofs_that_were_not_accepted_after_all_leave_nothing_behind() {
        let seen = SeenProofs::new(200);
        for number in 0..1_000 {
            assert_eq!(seen.add(id(number, number), NOW + 300.0, NOW), Ok(()));
            seen.remove(id(number, number), NOW + 300.0);
            // Twice, or of another slot, is no other proof.
            seen.remove(id(number, number), NOW + 300.0);
            seen.remove(id(number, number), NOW + 900.0);
        }
        assert_eq!(seen.count(), 0);
        assert!(seen.memory.lock().slots.values().all(|slot| slot.by_key.is_empty()));
        assert_eq!(seen.add(id(1, 1), NOW + 300.0, NOW), Ok(()));
        assert_eq!(seen.count(), 1);
    }

    #[test]
    fn one_key_has_a_tenth() {
        let seen = SeenProofs::new(200);
        for number in 0..20 {
            assert_eq!(seen.add(id(1, number), NOW + 10.0 + number as f64, NOW), Ok(()));
        }
        let Err(Rejection::TooManyProofs { retry_after }) = seen.add(id(1, 20), NOW + 300.0, NOW)
        else {
            panic!("a key has more than its share");
        };
        assert_eq!(seen.add(id(2, 0), NOW + 300.0, NOW), Ok(()));
        assert_eq!(seen.add(id(1, 20), NOW + 300.0, NOW + retry_after.as_secs_f64()), Ok(()));
    }
}
