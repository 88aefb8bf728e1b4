//! Bounds the lines about events of one kind: the first ones of each minute, then a number.

use std::time::{Duration, Instant};

use parking_lot::{Mutex, MutexGuard};

/// How long a window lasts, from its first event on.
const WINDOW: Duration = Duration::from_secs(60);

/// How many events of one kind get a line in a window.
const MOST_LINES: u32 = 20;

/// A window for each kind, so that a flood of one kind hides no other.
#[derive(Debug)]
pub(crate) struct Throttle<const KINDS: usize>(Mutex<[Window; KINDS]>);

#[derive(Debug, Clone, Copy)]
struct Window {
    end: Option<Instant>,
    lines: u32,
    left_out: u64,
}

impl<const KINDS: usize> Throttle<KINDS> {
    pub(crate) fn new() -> Self {
        Self(Mutex::new([Window { end: None, lines: 0, left_out: 0 }; KINDS]))
    }

    /// Whether an event of this kind gets a line now; if not, it is counted.
    pub(crate) fn admits(&self, kind: usize, now: Instant) -> bool {
        let window = &mut self.windows()[kind];
        if window.end.is_none_or(|end| end <= now) {
            window.end = Some(now + WINDOW);
            window.lines = 0;
        }
        if window.lines < MOST_LINES {
            window.lines += 1;
            return true;
        }
        window.left_out += 1;
        false
    }

    /// The kinds with events that got no line, and how many of them since the last call.
    pub(crate) fn left_out(&self) -> Vec<(usize, u64)> {
        let mut windows = self.windows();
        let counts = windows.iter_mut().map(|window| std::mem::take(&mut window.left_out));
        counts.enumerate().filter(|(_, count)| *count > 0).collect()
    }

    fn windows(&self) -> MutexGuard<'_, [Window; KINDS]> {
        self.0.lock()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_gets_its_first_lines_each_minute_and_one_number() {
        let (throttle, start) = (Throttle::<2>::new(), Instant::now());
        let mut lines = 0;
        // Ten minutes at a thousand a second.
        for millisecond in 0..600_000 {
            let now = start + Duration::from_millis(millisecond);
            lines += u32::from(throttle.admits(0, now));
        }
        assert_eq!(lines, 10 * MOST_LINES);
        assert_eq!(throttle.left_out(), [(0, 600_000 - u64::from(lines))]);
        assert_eq!(throttle.left_out(), [], "what is told is told");
    }

    #[test]
    fn a_flood_of_one_kind_hides_no_other() {
        let (throttle, now) = (Throttle::<2>::new(), Instant::now());
        for _ in 0..1_000 {
            throttle.admits(0, now);
        }
        assert!(!throttle.admits(0, now) && throttle.admits(1, now));
    }

    #[test]
    fn a_window_ends_after_its_time_and_not_before() {
        let (throttle, start) = (Throttle::<1>::new(), Instant::now());
        for _ in 0..MOST_LINES {
            assert!(throttle.admits(0, start));
        }
        let end = start + WINDOW;
        assert!(!throttle.admits(0, end - Duration::from_nanos(1)));
        assert!(throttle.admits(0, end));
    }
}
