//! Attempts to load a key set, for those who wait for one to end.

use tokio::sync::watch;

/// How many attempts were begun and ended; one is under way where the two differ.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Progress {
    pub(super) begun: u64,
    pub(super) ended: u64,
}

/// The one attempt that is under way. Whoever asked for it may give it up, by dropping it.
pub(super) struct UnderWay<'s>(&'s watch::Sender<Progress>);

impl<'s> UnderWay<'s> {
    pub(super) fn begin(progress: &'s watch::Sender<Progress>) -> Self {
        progress.send_modify(|progress| progress.begun += 1);
        Self(progress)
    }

    /// What it found is there for all to see.
    pub(super) fn end(self) {
        self.0.send_modify(|progress| progress.ended = progress.begun);
    }
}

impl Drop for UnderWay<'_> {
    /// One that was given up has not begun: it tells nothing, and nobody waits for it.
    fn drop(&mut self) {
        self.0.send_modify(|progress| progress.begun = progress.ended);
    }
}
