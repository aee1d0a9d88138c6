//! Where a node stands towards the journal.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::clock::Tick;
use crate::event::Position;

/// The last record that this node has applied, and the *gate*: until when the
/// node may serve from memory without having heard anything.
///
/// The gate is what bounds staleness when the bus is silently dead: an entry in
/// memory is served only while the node's last proof of life is younger than
/// `max_staleness`.
#[derive(Debug)]
pub(crate) struct Standing {
    position: Mutex<Option<Position>>,
    open_until: AtomicU64,
    ended: AtomicBool,
    max_staleness: Duration,
}

impl Standing {
    /// The standing of a flow that shares nothing: it is its own journal, and
    /// its gate is always open.
    pub(crate) fn alone() -> Self {
        Self {
            position: Mutex::new(None),
            open_until: AtomicU64::new(Tick::NEVER.nanos()),
            ended: AtomicBool::new(false),
            max_staleness: Duration::MAX,
        }
    }

    /// The standing of a node that has yet to hear from its bus: the gate is
    /// closed.
    pub(crate) fn unheard(max_staleness: Duration) -> Self {
        Self {
            position: Mutex::new(None),
            open_until: AtomicU64::new(Tick::ZERO.nanos()),
            ended: AtomicBool::new(false),
            max_staleness,
        }
    }

    /// The last record that was applied; `None` before the first subscription.
    ///
    /// Whoever reads a position and *then* looks whether a flight was cancelled
    /// has seen the cancellations of every record up to that position, because
    /// a record is applied before it is counted.
    pub(crate) fn position(&self) -> Option<Position> {
        *self.position.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// To be called after the record at `position` has been applied.
    pub(crate) fn stand_at(&self, position: Position) {
        *self.position.lock().unwrap_or_else(PoisonError::into_inner) = Some(position);
    }

    /// Everything that was announced before `asked` has been applied.
    pub(crate) fn prove(&self, asked: Tick) {
        if self.ended.load(Ordering::Acquire) {
            return;
        }
        let until = asked.after(self.max_staleness).nanos();
        self.open_until.fetch_max(until, Ordering::Release);
    }

    /// Closes the gate for good: nobody listens any more.
    pub(crate) fn end(&self) {
        self.ended.store(true, Ordering::Release);
        self.open_until.store(Tick::ZERO.nanos(), Ordering::Release);
    }

    /// Whether memory may be served at `now`.
    #[inline]
    pub(crate) fn is_open(&self, now: Tick) -> bool {
        now < Tick::from_nanos(self.open_until.load(Ordering::Acquire))
    }

    pub(crate) fn max_staleness(&self) -> Duration {
        self.max_staleness
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;

    #[test]
    fn the_gate_is_open_for_max_staleness_after_the_question_not_the_answer() {
        let clock = Clock::manual();
        let standing = Standing::unheard(Duration::from_secs(2));
        assert!(!standing.is_open(clock.now()));
        let asked = clock.now();
        clock.advance(Duration::from_secs(1));
        standing.prove(asked);
        assert!(standing.is_open(clock.now()));
        clock.advance(Duration::from_secs(1));
        assert!(!standing.is_open(clock.now()));
    }

    #[test]
    fn an_older_proof_does_not_shorten_the_gate() {
        let clock = Clock::manual();
        let standing = Standing::unheard(Duration::from_secs(2));
        let older = clock.now();
        clock.advance(Duration::from_secs(1));
        standing.prove(clock.now());
        standing.prove(older);
        clock.advance(Duration::from_millis(1999));
        assert!(standing.is_open(clock.now()));
    }

    #[test]
    fn an_ended_gate_stays_closed() {
        let standing = Standing::alone();
        standing.end();
        standing.prove(Tick::ZERO.after(Duration::from_secs(9)));
        assert!(!standing.is_open(Tick::ZERO.after(Duration::from_secs(9))));
    }

    #[test]
    fn alone_the_gate_is_always_open() {
        let centuries = Duration::from_secs(1 << 33);
        assert!(Standing::alone().is_open(Tick::ZERO.after(centuries)));
    }
}
