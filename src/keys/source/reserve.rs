//! File handles that are kept for loads.

use std::fs::File;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

/// What a handle of the reserve is opened on. Where there is no such file, there is no reserve.
const NOTHING: &str = "/dev/null";

/// How often, and how many times, a handle that a load has closed is looked for. Rocket's listener
/// takes a free handle 250 ms after it found none.
const EVERY: Duration = Duration::from_millis(5);
const TIMES: usize = 400;

/// File handles of one key source, given up for a load where the process has no other.
///
/// Without them a withdrawn key would be accepted for as long as connections hold all handles.
#[derive(Debug)]
pub(super) struct Reserve {
    size: usize,
    handles: Mutex<Vec<File>>,
}

/// What a reserve has for a load that failed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Spare {
    /// The process has a free handle, so the load failed for another reason.
    NotNeeded,
    /// A handle of the reserve is free now. It has to be used at once.
    Given,
    /// Nothing is left.
    Spent,
}

impl Reserve {
    pub(super) fn of(size: usize) -> Arc<Self> {
        let reserve = Self { size, handles: Mutex::default() };
        reserve.take_back();
        Arc::new(reserve)
    }

    /// Frees a handle if the process has none.
    pub(super) fn give(&self) -> Spare {
        if File::open(NOTHING).is_ok() {
            return Spare::NotNeeded;
        }
        if self.handles.lock().pop().is_some() { Spare::Given } else { Spare::Spent }
    }

    /// Fills the reserve as far as there are free handles, and returns whether it is full.
    pub(super) fn take_back(&self) -> bool {
        let mut handles = self.handles.lock();
        while handles.len() < self.size {
            let Ok(handle) = File::open(NOTHING) else { return false };
            handles.push(handle);
        }
        true
    }

    /// Fills the reserve with the handles that are still to be closed. Needs a Tokio runtime.
    pub(super) fn take_back_soon(self: &Arc<Self>) {
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
}
