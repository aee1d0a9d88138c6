//! What becomes of a connection and its bytes: pure, no sockets, no clock.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::Instant;

use super::Direction;

/// What the network does to whatever is not cut or forgotten.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) enum Fault {
    #[default]
    None,
    BlackHole,
    Cut,
    Delay(Duration),
}

/// When something that arrived may go on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Release {
    At(Instant),
    /// Not before the faults change.
    Held,
}

/// What becomes of one frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Verdict {
    Pass,
    Drop,
    /// Goes nowhere: its connection is being closed.
    Cut,
}

/// The frames of one direction, of all connections together, numbered from 1 as
/// they begin.
#[derive(Debug, Default)]
struct Count {
    begun: u64,
    to_drop: BTreeSet<u64>,
    cut_after: Option<u64>,
}

/// All that the proxy's tasks must agree on, kept under one lock.
///
/// Cutting and forgetting are marks on the sequence of connections, not passing
/// modes: whoever looks late, after the next switch, still finds the mark.
#[derive(Debug, Default)]
pub(super) struct Faults {
    fault: Fault,
    /// Connections are numbered as they are admitted; this is the next one.
    next: u64,
    cut_below: u64,
    forgotten_below: u64,
    living: usize,
    to_server: Count,
    to_client: Count,
    dropped: usize,
    stopped: bool,
}

impl Faults {
    pub(super) fn pass(&mut self) {
        self.fault = Fault::None;
        for direction in [Direction::ToServer, Direction::ToClient] {
            let count = self.count(direction);
            count.to_drop.clear();
            count.cut_after = None;
        }
    }

    pub(super) fn drop_nth(&mut self, direction: Direction, n: u64) {
        let count = self.count(direction);
        count.to_drop.insert(count.begun.saturating_add(n));
    }

    pub(super) fn cut_after(&mut self, direction: Direction, frames: u64) {
        let count = self.count(direction);
        count.cut_after = Some(count.begun.saturating_add(frames));
    }

    /// Counts a frame that begins, and decides on all of it.
    pub(super) fn begin(&mut self, connection: u64, direction: Direction) -> Verdict {
        if self.is_cut(connection) {
            return Verdict::Cut;
        }
        let count = self.count(direction);
        count.begun += 1;
        let begun = count.begun;
        let dropped = count.to_drop.remove(&begun);
        if count.cut_after.take_if(|after| begun > *after).is_some() {
            self.cut();
            return Verdict::Cut;
        }
        if dropped {
            self.dropped += 1;
            return Verdict::Drop;
        }
        Verdict::Pass
    }

    pub(super) fn dropped(&self) -> usize {
        self.dropped
    }

    fn count(&mut self, direction: Direction) -> &mut Count {
        match direction {
            Direction::ToServer => &mut self.to_server,
            Direction::ToClient => &mut self.to_client,
        }
    }

    pub(super) fn switch(&mut self, fault: Fault) {
        self.fault = fault;
    }

    pub(super) fn cut(&mut self) {
        self.fault = Fault::Cut;
        self.cut_below = self.next;
    }

    pub(super) fn forget(&mut self) {
        self.fault = Fault::None;
        self.forgotten_below = self.next;
    }

    pub(super) fn stop(&mut self) {
        self.stopped = true;
    }

    /// Numbers and counts a new connection, or turns it away.
    pub(super) fn admit(&mut self) -> Option<u64> {
        if self.fault == Fault::Cut {
            return None;
        }
        let connection = self.next;
        self.next += 1;
        self.living += 1;
        Some(connection)
    }

    pub(super) fn leave(&mut self) {
        self.living -= 1;
    }

    pub(super) fn living(&self) -> usize {
        self.living
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stopped
    }

    pub(super) fn is_cut(&self, connection: u64) -> bool {
        connection < self.cut_below
    }

    pub(super) fn release(&self, connection: u64, arrived: Instant) -> Release {
        if connection < self.cut_below || connection < self.forgotten_below {
            return Release::Held;
        }
        match self.fault {
            Fault::None => Release::At(arrived),
            // A delay beyond the end of time is a black hole.
            Fault::Delay(by) => arrived.checked_add(by).map_or(Release::Held, Release::At),
            Fault::BlackHole | Fault::Cut => Release::Held,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn bytes_go_on_at_once_later_or_not_at_all() {
        let now = Instant::now();
        let mut faults = Faults::default();
        let connection = faults.admit().unwrap();

        for (fault, release) in [
            (Fault::None, Release::At(now)),
            (Fault::Delay(SECOND), Release::At(now + SECOND)),
            (Fault::Delay(Duration::MAX), Release::Held),
            (Fault::BlackHole, Release::Held),
            (Fault::Cut, Release::Held),
        ] {
            faults.switch(fault);
            assert_eq!(faults.release(connection, now), release, "{fault:?}");
        }
    }

    #[test]
    fn forgetting_strikes_the_present_and_spares_the_new() {
        let now = Instant::now();
        let mut faults = Faults::default();
        let old = faults.admit().unwrap();
        faults.switch(Fault::BlackHole);
        faults.forget();
        let new = faults.admit().unwrap();

        assert_eq!(faults.release(old, now), Release::Held);
        assert_eq!(faults.release(new, now), Release::At(now));
        faults.switch(Fault::None);
        assert_eq!(faults.release(old, now), Release::Held);
        assert!(!faults.is_cut(old));
    }

    #[test]
    fn a_cut_outlives_the_switch_back() {
        let mut faults = Faults::default();
        let old = faults.admit().unwrap();
        faults.cut();
        assert_eq!(faults.admit(), None);
        faults.switch(Fault::None);
        let new = faults.admit().unwrap();

        assert!(faults.is_cut(old));
        assert!(!faults.is_cut(new));
    }

    #[test]
    fn frames_are_counted_from_the_call_and_by_direction() {
        use Direction::{ToClient, ToServer};
        let mut faults = Faults::default();
        let one = faults.admit().unwrap();
        let other = faults.admit().unwrap();
        assert_eq!(faults.begin(one, ToClient), Verdict::Pass);

        faults.drop_nth(ToClient, 3);
        faults.drop_nth(ToClient, 1);
        assert_eq!(faults.begin(one, ToServer), Verdict::Pass);
        let verdicts = [one, other, other, one].map(|on| faults.begin(on, ToClient));
        let expected = [Verdict::Drop, Verdict::Pass, Verdict::Drop, Verdict::Pass];
        assert_eq!(verdicts, expected);
        assert_eq!(faults.dropped(), 2);

        faults.drop_nth(ToClient, 1);
        faults.cut_after(ToServer, 0);
        faults.pass();
        assert_eq!(faults.begin(one, ToClient), Verdict::Pass);
        assert_eq!(faults.begin(one, ToServer), Verdict::Pass);
    }

    #[test]
    fn a_cut_to_come_strikes_once_and_all_that_are_there_then() {
        use Direction::ToServer;
        let mut faults = Faults::default();
        let one = faults.admit().unwrap();
        let other = faults.admit().unwrap();
        faults.cut_after(ToServer, 1);
        assert_eq!(faults.begin(one, ToServer), Verdict::Pass);
        assert_eq!(faults.begin(other, ToServer), Verdict::Cut);
        assert_eq!(faults.begin(one, ToServer), Verdict::Cut);
        assert_eq!(faults.admit(), None);

        faults.pass();
        let new = faults.admit().unwrap();
        assert_eq!(faults.begin(new, ToServer), Verdict::Pass);
        assert_eq!(faults.begin(one, ToServer), Verdict::Cut);
    }
}
