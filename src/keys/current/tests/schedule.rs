//! The snapshot's rules, pure in `now`.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::super::fetch_wait::FetchWait;
use super::super::state::State;
use super::*;

#[test]
fn a_failure_is_followed_by_attempts_ever_further_apart_up_to_the_cooldown() {
    // The most and the least that chance makes of it.
    for (roll, waits) in [
        (0.0, [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]),
        (1.0, [1.0, 1.5, 3.0, 6.0, 12.0, 22.5, 22.5]),
    ] {
        let mut now = Instant::now();
        let mut state = State::empty(now).loaded(set("a"), None, now, roll, &schedule());
        for wait in waits {
            state = state.failed(failure(), now, roll, &schedule());
            assert_eq!(state.due() - now, Duration::from_secs_f64(wait), "{roll}");
            now = state.due();
        }
        // After a success it begins anew.
        state = state.loaded(set("a"), None, now, roll, &schedule());
        assert_eq!(state.failed(failure(), now, roll, &schedule()).due() - now, seconds(1));
    }
}

#[test]
fn a_set_is_refreshed_when_we_or_its_issuer_say_and_not_by_a_whole_fleet_at_once() {
    let now = Instant::now();
    for (lifetime, roll, wait) in [
        (None, 0.0, 600),
        (None, 1.0, 540),
        (None, 0.5, 570),
        (Some(1_800), 0.0, 1_800),
        (Some(300), 0.0, 300),
        (Some(300), 1.0, 270),
        // A set must not be given up before it is fetched again.
        (Some(86_400), 0.0, 600),
    ] {
        let lifetime = lifetime.map(seconds);
        let state = State::empty(now).loaded(set("a"), lifetime, now, roll, &schedule());
        assert_eq!(state.due() - now, seconds(wait), "{lifetime:?} {roll}");
    }
}

#[derive(Debug, Clone)]
enum Step {
    Pass(u64),
    Publish(&'static str),
    GoDown,
    Ask(&'static str),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => prop_oneof![0..3_u64, 20..40_u64, 500..700_u64, 3_000..90_000_u64].prop_map(Step::Pass),
        2 => prop::sample::select(vec!["a", "ab", "bc", "abcde", "e"]).prop_map(Step::Publish),
        1 => Just(Step::GoDown),
        4 => prop::sample::select(vec!["a", "b", "c", "d", "e", "x"]).prop_map(Step::Ask),
    ]
}

proptest! {
    /// The snapshot's rules, driven by any interleaving of loads, faults, rotations and requests.
    #[test]
    fn no_good_key_is_lost_no_removed_key_is_kept_and_no_fetch_is_one_too_many(
        steps in prop::collection::vec(step(), 1..200),
        roll in 0.0..1.0,
    ) {
        let schedule = schedule();
        let start = Instant::now();
        let (mut now, mut state) = (start, State::empty(start));
        let mut published: Option<&str> = Some("a");
        // What must be true: the last load that succeeded, and the last attempt.
        let mut good: Option<(BTreeSet<&str>, Instant)> = None;
        let (mut last_attempt, mut last_succeeded) = (None::<Instant>, false);
        let mut wait = FetchWait::up_to(schedule.cooldown);
        // The last fetch for a key that was missing and stayed so, and the last such key.
        let (mut in_vain, mut last_missing) = (None::<Instant>, None::<Instant>);

        let mut attempt = |state: &State, published: Option<&'static str>, now: Instant| {
            match published {
                Some(kids) => {
                    good = Some((["a", "b", "c", "d", "e"].into_iter().filter(|kid| kids.contains(kid)).collect(), now));
                    (state.loaded(set(kids), None, now, roll, &schedule), true, good.clone())
                }
                None => (state.failed(failure(), now, roll, &schedule), false, good.clone()),
            }
        };
        let mut known = None;
        for step in steps {
            let asked = match step {
                Step::Pass(time) => {
                    now += seconds(time);
                    None
                }
                Step::Publish(kids) => {
                    published = Some(kids);
                    None
                }
                Step::GoDown => {
                    published = None;
                    None
                }
                Step::Ask(kid) => Some(kid),
            };
            if state.due() <= now {
                (state, last_succeeded, known) = attempt(&state, published, now);
                last_attempt = Some(now);
            }
            if let Some(kid) = asked {
                let is_there = matches!(state.lookup(kid, now, &schedule), Lookup::Found(_));
                if !is_there {
                    let since = |at: Option<Instant>| at.map(|at| now - at);
                    let may_fetch = wait.admits(now);
                    let is_long = |since: Option<Duration>| since.is_none_or(|it| it >= seconds(30));
                    prop_assert!(may_fetch || !is_long(since(in_vain)), "the longest wait");
                    prop_assert!(may_fetch || !is_long(since(last_missing)), "a quiet cool-down");
                    prop_assert!(!may_fetch || since(in_vain).is_none_or(|it| it >= seconds(1)));
                    last_missing = Some(now);
                    if may_fetch {
                        wait.begin(now);
                        (state, last_succeeded, known) = attempt(&state, published, now);
                        last_attempt = Some(now);
                        in_vain = Some(now);
                        if matches!(state.lookup(kid, now, &schedule), Lookup::Found(_)) {
                            wait.start_again();
                            in_vain = None;
                        }
                    }
                }
            }

            prop_assert!(state.due() <= last_attempt.unwrap_or(start) + schedule.refresh);
            for kid in ["a", "b", "c", "d", "e", "x"] {
                let fresh = known.as_ref().is_some_and(|(_, at)| now - *at <= seconds(86_400));
                let has = known.as_ref().is_some_and(|(kids, _)| kids.contains(kid));
                let expected = match (fresh, has, last_succeeded) {
                    (true, true, _) => "found",
                    (true, false, true) => "unknown",
                    _ => "unavailable",
                };
                let found = match state.lookup(kid, now, &schedule) {
                    Lookup::Found(_) => "found",
                    Lookup::Unknown => "unknown",
                    Lookup::Unavailable { .. } => "unavailable",
                };
                prop_assert_eq!(found, expected, "{} after {:?}", kid, now - start);
            }
        }
    }
}
