//! File handles that are kept for loads.

use std::fs::File;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

/// What a handle of the reserve is opened on. Where there is no such file, there is no reserve.
const NOTHING: &str = "/dev/null";

/// `ENFILE` and `EMFILE`, by which a Unix says that the system or the process has no free handle.
const EXHAUSTED: [i32; 2] = [23, 24];

/// How often, and how many times, a handle that a load has closed is looked for. Rocket's listener
/// takes a free handle 250 ms after it found none.
const EVERY: Duration = Duration::from_millis(5);
const TIMES: usize = 400;

/// File handles of one key source, given up for a load where the process has no other.
///
/// Without them a withdrawn key would be accepted for as long as connections hold all handles.
#[derive(Debug)]
pub(crate) struct Reserve {
    size: usize,
    /// [`NOTHING`], but in a test.
    place: &'static str,
    handles: Mutex<Vec<File>>,
}

/// What a reserve has for a load that failed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Spare {
    /// The process has a free handle, so the load failed for another reason.
    NotNeeded,
    /// A handle of the reserve is free now. It has to be used at once.
    Given,
    /// Nothing is left.
    Spent,
}

impl Reserve {
    pub(crate) fn of(size: usize) -> Arc<Self> {
        let reserve = Self { size, place: NOTHING, handles: Mutex::default() };
        reserve.take_back();
        Arc::new(reserve)
    }

    /// Frees a handle if the process has none.
    pub(crate) fn give(&self) -> Spare {
        if !File::open(self.place).is_err_and(|error| is_exhausted(&error)) {
            return Spare::NotNeeded;
        }
        if self.handles.lock().pop().is_some() { Spare::Given } else { Spare::Spent }
    }

    /// Fills the reserve, and returns whether that needs no handle that is still to be freed.
    pub(crate) fn take_back(&self) -> bool {
        let mut handles = self.handles.lock();
        while handles.len() < self.size {
            match File::open(self.place) {
                Ok(handle) => handles.push(handle),
                Err(error) => return !is_exhausted(&error),
            }
        }
        true
    }

    /// Fills the reserve with the handles that are still to be closed. Needs a Tokio runtime.
    pub(crate) fn take_back_soon(self: &Arc<Self>) {
        if self.take_back() {
            return;
        }
        let reserve = self.clone();
        tokio::spawn(async move {
            for _ in 0..TIMES {
                tokio::time::sleep(EVERY).await;
                if reserve.take_back() {
                    return;
                }
            }
        });
    }
}

fn is_exhausted(error: &io::Error) -> bool {
    error.raw_os_error().is_some_and(|code| EXHAUSTED.contains(&code))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_reserve_is_not_given_up_while_the_process_has_handles() {
        let reserve = Reserve::of(2);
        assert_eq!(reserve.give(), Spare::NotNeeded);
        assert_eq!(reserve.handles.lock().len(), 2);
        reserve.handles.lock().clear();
        assert!(reserve.take_back());
        assert_eq!(reserve.handles.lock().len(), 2);
    }

    #[test]
    fn a_system_without_such_a_file_is_not_taken_to_be_out_of_handles() {
        let reserve = Reserve { size: 2, place: "/no/such/file", handles: Mutex::default() };
        assert!(reserve.take_back());
        assert_eq!(reserve.give(), Spare::NotNeeded);
    }
}
