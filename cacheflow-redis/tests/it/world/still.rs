//! A clock that does not move.

use std::sync::mpsc;
use std::time::Duration;

use tokio::task::JoinHandle;

/// Against hanging: who waits to be told and never is has to go on some time.
const AT_MOST: Duration = Duration::from_secs(20);

/// While it lasts, tokio's clock stands still: whoever waits, waits until it is told
/// something, and nobody's patience ends. For tests in one thread.
pub(crate) struct StillClock {
    end: mpsc::Sender<()>,
    held: JoinHandle<bool>,
}

impl StillClock {
    pub(crate) fn begin() -> Self {
        let (end, ended) = mpsc::channel();
        // A paused clock moves on by itself, except while something blocks.
        let held = tokio::task::spawn_blocking(move || ended.recv_timeout(AT_MOST).is_ok());
        tokio::time::pause();
        Self { end, held }
    }

    /// Lets it go on.
    ///
    /// # Panics
    ///
    /// If it had to go on before: somebody was not told.
    pub(crate) async fn end(self) {
        let _ = self.end.send(());
        tokio::time::resume();
        assert!(self.held.await.unwrap(), "somebody waits and is not told");
    }
}
