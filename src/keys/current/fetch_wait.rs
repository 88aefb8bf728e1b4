//! When an unknown `kid` may cause a fetch: pure in `now`.

use std::time::Duration;

use tokio::time::Instant;

/// The wait after the first fetch. It doubles with each further one that was in vain.
const FIRST: Duration = Duration::from_secs(1);

/// The wait between the fetches that unknown `kid`s cause. Other loads do not count.
///
/// The first unknown `kid` causes a fetch at once. The wait until the next fetch begins with 1 s, is
/// counted from the start of a fetch, and doubles with each fetch that does not bring the `kid` that
/// it was made for. It starts again with a fetch that does, and after a time without an unknown `kid`.
#[derive(Debug)]
pub(super) struct FetchWait {
    /// The longest wait, and the time without an unknown `kid` after which it starts again.
    longest: Duration,
    /// The wait after the next fetch.
    next: Duration,
    /// The end of the wait, where there was a fetch.
    until: Option<Instant>,
    /// The last time that a `kid` was unknown.
    asked: Option<Instant>,
}

impl FetchWait {
    pub(super) fn up_to(longest: Duration) -> Self {
        Self { longest, next: FIRST.min(longest), until: None, asked: None }
    }

    /// Whether a `kid` that is unknown at `now` may cause a fetch. Has to hear of each one.
    pub(super) fn admits(&mut self, now: Instant) -> bool {
        let last = self.asked.replace(now);
        if last.is_some_and(|last| now.saturating_duration_since(last) >= self.longest) {
            self.start_again();
        }
        self.until.is_none_or(|until| until <= now)
    }

    /// A fetch for an unknown `kid` begins at `now`.
    pub(super) fn begin(&mut self, now: Instant) {
        self.until = Some(now + self.next);
        self.next = (self.next * 2).min(self.longest);
    }

    /// The fetch has brought its `kid`.
    pub(super) fn start_again(&mut self) {
        (self.next, self.until) = (FIRST.min(self.longest), None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What happens at a second.
    enum Then {
        /// A `kid` is unknown, and causes a fetch that is in vain.
        Vain,
        /// The same, and the fetch brings it.
        Brought,
        /// A `kid` is unknown, and causes no fetch.
        Waits,
    }
    use Then::{Brought, Vain, Waits};

    #[test]
    fn a_fetch_is_at_once_at_first_and_ever_later_while_fetches_are_in_vain() {
        for (name, steps) in [
            (
                "a flood",
                &[
                    (0.0, Vain),
                    (0.999, Waits),
                    (1.0, Vain),
                    (2.999, Waits),
                    (3.0, Vain),
                    (6.9, Waits),
                    (7.0, Vain),
                    (14.9, Waits),
                    (15.0, Vain),
                    (29.0, Waits),
                    (30.9, Waits),
                    (31.0, Vain),
                    (45.0, Waits),
                    (60.9, Waits),
                    (61.0, Vain),
                    (75.0, Waits),
                    (90.9, Waits),
                    (91.0, Vain),
                ][..],
            ),
            (
                "keys that are there",
                &[(0.0, Brought), (0.0, Brought), (0.1, Brought), (0.2, Vain), (1.1, Waits)],
            ),
            (
                "a key that comes late",
                &[(0.0, Vain), (1.0, Vain), (3.0, Brought), (3.1, Vain), (4.0, Waits), (4.1, Vain)],
            ),
            (
                "a pause of the cool-down",
                &[(0.0, Vain), (1.0, Vain), (3.0, Vain), (33.0, Vain), (33.9, Waits), (34.0, Vain)],
            ),
            (
                "a pause that is too short",
                &[(0.0, Vain), (1.0, Vain), (3.0, Vain), (32.9, Vain), (33.9, Waits), (40.9, Vain)],
            ),
        ] {
            let start = Instant::now();
            let mut wait = FetchWait::up_to(Duration::from_secs(30));
            for (second, then) in steps {
                let now = start + Duration::from_secs_f64(*second);
                assert_eq!(wait.admits(now), !matches!(then, Waits), "{name}, second {second}");
                match then {
                    Vain => wait.begin(now),
                    Brought => {
                        wait.begin(now);
                        wait.start_again();
                    }
                    Waits => {}
                }
            }
        }
    }

    #[test]
    fn no_wait_is_longer_than_the_cool_down() {
        let start = Instant::now();
        let mut wait = FetchWait::up_to(Duration::from_millis(20));
        for number in 0..100 {
            let now = start + Duration::from_millis(20 * number);
            assert!(wait.admits(now), "fetch {number}");
            wait.begin(now);
            assert!(!wait.admits(now + Duration::from_millis(19)), "fetch {number}");
        }
    }
}
