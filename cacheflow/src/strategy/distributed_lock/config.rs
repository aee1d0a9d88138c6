//! Options of the distributed lock.

use std::time::Duration;

use crate::strategy::range::Range;

const SHORTEST_LEASE: Duration = Duration::from_millis(10);
const LONGEST_LEASE: Duration = Duration::from_secs(60 * 60);

/// One load of a key per cluster; see
/// [`Strategy::distributed_lock`](crate::Strategy::distributed_lock).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DistributedLock {
    /// For how long the lease is taken, and taken again while the load runs: what
    /// a holder that dies costs the others at most.
    pub(crate) lease: Duration,
}

impl DistributedLock {
    /// What is wrong with these options.
    pub(crate) fn faults(&self) -> Vec<String> {
        let mut range = Range::default();
        range.within(
            "distributed_lock",
            self.lease,
            SHORTEST_LEASE,
            LONGEST_LEASE,
        );
        range.into_faults()
    }
}

impl Default for DistributedLock {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(5),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_told() {
        let faults = |lease| DistributedLock { lease }.faults();
        assert_eq!(DistributedLock::default().faults(), [""; 0]);
        assert_eq!(faults(SHORTEST_LEASE), [""; 0]);
        assert_eq!(faults(LONGEST_LEASE), [""; 0]);
        assert_eq!(
            faults(Duration::from_millis(9)),
            ["distributed_lock = 9ms: allowed is 10ms to 3600s"]
        );
        assert_eq!(
            faults(Duration::from_secs(3601)),
            ["distributed_lock = 3601s: allowed is 10ms to 3600s"]
        );
    }
}
