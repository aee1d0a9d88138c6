//! Options of write-behind.

use std::time::Duration;

use crate::strategy::range::Range;

const SHORTEST_WAIT: Duration = Duration::from_millis(1);
const LONGEST_WAIT: Duration = Duration::from_secs(60 * 60);
const LARGEST_BATCH: usize = 100_000;
const MOST_PENDING: usize = 10_000_000;

/// How values that were put wait for their source; given to
/// [`Strategy::write_behind`](crate::Strategy::write_behind).
///
/// | option | what | default | range |
/// |---|---|---|---|
/// | [`flush_every`](Self::flush_every) | how long a value waits at most | 1 s | 1 ms to 1 h |
/// | [`batch`](Self::batch) | so many values are written at once, and so many that wait are written without waiting longer | 100 | 1 to 100,000 |
/// | [`max_pending`](Self::max_pending) | so many keys may wait; a writer that comes then waits as well | 10,000 | `batch` to 10,000,000 |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WriteBehind {
    pub(crate) flush_every: Duration,
    pub(crate) batch: usize,
    pub(crate) max_pending: usize,
}

impl WriteBehind {
    /// With the defaults.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            flush_every: Duration::from_secs(1),
            batch: 100,
            max_pending: 10_000,
        }
    }

    /// How long a value waits at most before it is written.
    #[must_use]
    pub const fn flush_every(mut self, flush_every: Duration) -> Self {
        self.flush_every = flush_every;
        self
    }

    /// How many values are written at once.
    #[must_use]
    pub const fn batch(mut self, batch: usize) -> Self {
        self.batch = batch;
        self
    }

    /// How many keys may wait.
    #[must_use]
    pub const fn max_pending(mut self, max_pending: usize) -> Self {
        self.max_pending = max_pending;
        self
    }

    /// What is wrong with these options.
    pub(crate) fn faults(&self) -> Vec<String> {
        let mut range = Range::default();
        let name = "write_behind.flush_every";
        range.within(name, self.flush_every, SHORTEST_WAIT, LONGEST_WAIT);
        range.number("write_behind.batch", self.batch, 1, LARGEST_BATCH);
        let name = "write_behind.max_pending";
        // A batch that is out of range itself is no bound.
        let least = self.batch.clamp(1, LARGEST_BATCH);
        range.number(name, self.max_pending, least, MOST_PENDING);
        range.into_faults()
    }
}

impl Default for WriteBehind {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_told() {
        let all = |flush_every, batch, max_pending| {
            WriteBehind::new()
                .flush_every(flush_every)
                .batch(batch)
                .max_pending(max_pending)
        };
        let allowed = [
            WriteBehind::new(),
            all(SHORTEST_WAIT, 1, 1),
            all(LONGEST_WAIT, LARGEST_BATCH, LARGEST_BATCH),
            all(LONGEST_WAIT, LARGEST_BATCH, MOST_PENDING),
        ];
        for config in allowed {
            assert_eq!(config.faults(), [""; 0], "{config:?}");
        }
        assert_eq!(
            all(Duration::ZERO, 0, 0).faults(),
            [
                "write_behind.flush_every = 0ns: allowed is 1ms to 3600s",
                "write_behind.batch = 0: allowed is 1 to 100000",
                "write_behind.max_pending = 0: allowed is 1 to 10000000",
            ]
        );
        assert_eq!(
            all(Duration::from_secs(3601), 100_001, 10_000_001).faults(),
            [
                "write_behind.flush_every = 3601s: allowed is 1ms to 3600s",
                "write_behind.batch = 100001: allowed is 1 to 100000",
                "write_behind.max_pending = 10000001: allowed is 100000 to 10000000",
            ]
        );
        assert_eq!(
            WriteBehind::new().batch(10).max_pending(9).faults(),
            ["write_behind.max_pending = 9: allowed is 10 to 10000000"]
        );
    }
}
