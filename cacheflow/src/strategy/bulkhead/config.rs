//! Options of the bulkhead.

use crate::strategy::range::Range;

const MOST: usize = 1_000_000;

/// How many loads of a cache run at once; given to
/// [`Strategy::bulkhead`](crate::Strategy::bulkhead).
///
/// A number is so many loads with the default queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bulkhead {
    pub(crate) loads: usize,
    pub(crate) queue: usize,
}

impl Bulkhead {
    /// At most so many loads at once; 1 to 1,000,000.
    #[must_use]
    pub const fn new(loads: usize) -> Self {
        Self {
            loads,
            queue: 1_000,
        }
    }

    /// So many more may wait for their turn; who comes then is refused at once. 0
    /// to 1,000,000, by default 1,000.
    #[must_use]
    pub const fn queue(mut self, queue: usize) -> Self {
        self.queue = queue;
        self
    }

    /// What is wrong with these options.
    pub(crate) fn faults(&self) -> Vec<String> {
        let mut range = Range::default();
        range.number("bulkhead.loads", self.loads, 1, MOST);
        range.number("bulkhead.queue", self.queue, 0, MOST);
        range.into_faults()
    }
}

impl From<usize> for Bulkhead {
    fn from(loads: usize) -> Self {
        Self::new(loads)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_told() {
        for allowed in [Bulkhead::from(1).queue(0), Bulkhead::new(MOST).queue(MOST)] {
            assert_eq!(allowed.faults(), [""; 0]);
        }
        assert_eq!(
            Bulkhead::new(0).queue(MOST + 1).faults(),
            [
                "bulkhead.loads = 0: allowed is 1 to 1000000",
                "bulkhead.queue = 1000001: allowed is 0 to 1000000",
            ]
        );
        assert_eq!(Bulkhead::new(MOST + 1).faults().len(), 1);
    }
}
