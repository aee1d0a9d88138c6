//! [`Strategy`]: how a cache works, put together from its parts.

use std::time::Duration;

use super::bulkhead::Bulkhead;
use super::circuit_breaker::CircuitBreaker;
use super::distributed_lock::DistributedLock;
use super::fail_safe::FailSafe;
use super::multi_level::MultiLevel;
use super::refresh_ahead::RefreshAhead;
use super::timeouts::Timeouts;
use super::write_behind::WriteBehind;

/// How a cache works: which levels it has, when it loads anew, and what it does
/// when a load fails, hangs or is wanted by many.
///
/// Begins with the levels; the rest is added in any order and works together in
/// one, see [`docs/strategies.md`]. Combinations that contradict one another are
/// refused by [`CacheBuilder::build`](crate::CacheBuilder::build).
///
/// ```
/// use cacheflow::{CircuitBreaker, Strategy};
/// use std::time::Duration;
///
/// // Memory before the shared store (the default), memory for a minute:
/// let strategy = Strategy::multi_level().memory_ttl(Duration::from_secs(60));
/// // The shared store alone, where there is one:
/// let strategy = Strategy::cache_aside();
/// // All that a costly value from a shaky source wants:
/// let strategy = Strategy::multi_level()
///     .refresh_ahead(0.8)
///     .circuit_breaker(CircuitBreaker::new().failures(3).stale_ttl(Duration::from_secs(86_400)))
///     .distributed_lock(Duration::from_secs(5));
/// ```
///
/// [`docs/strategies.md`]: https://github.com/cacheflow-rs/cacheflow/blob/main/docs/strategies.md
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Strategy {
    pub(crate) levels: MultiLevel,
    pub(crate) refresh: Option<RefreshAhead>,
    pub(crate) breaker: Option<CircuitBreaker>,
    pub(crate) fail_safe: Option<FailSafe>,
    pub(crate) timeouts: Timeouts,
    pub(crate) bulkhead: Option<Bulkhead>,
    pub(crate) lock: Option<DistributedLock>,
    pub(crate) write_behind: Option<WriteBehind>,
}

impl Strategy {
    /// One level: look it up, else load and keep it.
    ///
    /// The level is the shared store, or memory in a flow that has none. No
    /// node can then serve what another has replaced, at the price of a round
    /// trip for each hit.
    #[must_use]
    pub fn cache_aside() -> Self {
        let levels = MultiLevel {
            memory_before_shared: false,
            memory_ttl: None,
        };
        Self {
            levels,
            ..Self::default()
        }
    }

    /// Two levels: memory before the shared store. A value found in the second
    /// is kept in the first. In a flow without a shared store memory is the
    /// only level.
    #[must_use]
    pub fn multi_level() -> Self {
        Self::default()
    }

    /// The longest time that memory keeps a value before it is read from the
    /// shared store again; 1 ms to 366 days. Unset, memory keeps a value as long
    /// as the shared store does; never longer. Without a shared store it has no
    /// effect.
    #[must_use]
    pub fn memory_ttl(mut self, memory_ttl: Duration) -> Self {
        self.levels.memory_ttl = Some(memory_ttl);
        self
    }

    /// Values are loaded anew before they expire: the first reader who finds one
    /// due starts the load, once per process (and once per cluster with
    /// [`distributed_lock`](Self::distributed_lock)), and all readers, the first
    /// among them, go on with the value that is there.
    ///
    /// A load that can go on without its caller runs in the background
    /// ([`Cache::get_or_refresh`](crate::Cache::get_or_refresh), a [cache's own
    /// loader](crate::LoadingCache), attributed functions). One that
    /// borrows from its caller ([`Cache::get_or_load`](crate::Cache::get_or_load))
    /// cannot: there the first reader waits for it, alone.
    ///
    /// A load that fails leaves the value, which is tried again after a growing
    /// pause, until the end of its lifetime.
    #[must_use]
    pub fn refresh_ahead(mut self, refresh: impl Into<RefreshAhead>) -> Self {
        self.refresh = Some(refresh.into());
        self
    }

    /// A source that fails is left alone for a while: old values are given in its
    /// place, or [`LoadError::BreakerOpen`](crate::LoadError).
    #[must_use]
    pub fn circuit_breaker(mut self, breaker: CircuitBreaker) -> Self {
        self.breaker = Some(breaker);
        self
    }

    /// An old value stands in for one that cannot be loaded.
    #[must_use]
    pub fn fail_safe(mut self, fail_safe: FailSafe) -> Self {
        self.fail_safe = Some(fail_safe);
        self
    }

    /// After this the caller gets an old value, if there is one, while the load goes
    /// on in the background and is kept when it ends. 1 ms to 366 days. A load that
    /// borrows from its caller is dropped instead. Allowed together with something
    /// that keeps old values: [`fail_safe`](Self::fail_safe) or a
    /// [`stale_ttl`](CircuitBreaker::stale_ttl).
    #[must_use]
    pub fn soft_timeout(mut self, soft: Duration) -> Self {
        self.timeouts.soft = Some(soft);
        self
    }

    /// After this a load is dropped: it has failed, with
    /// [`LoadError::Timeout`](crate::LoadError) if no old value stands in for it. 1
    /// ms to 366 days.
    #[must_use]
    pub fn hard_timeout(mut self, hard: Duration) -> Self {
        self.timeouts.hard = Some(hard);
        self
    }

    /// At most so many loads of this cache at once on this node.
    #[must_use]
    pub fn bulkhead(mut self, bulkhead: impl Into<Bulkhead>) -> Self {
        self.bulkhead = Some(bulkhead.into());
        self
    }

    /// A key is loaded by one node of the cluster at a time: who loads holds a lease
    /// of this length (10 ms to 1 h; five seconds suit most), which is renewed while
    /// the load runs. The others wait for what it fills.
    ///
    /// It saves loads and is no part of what keeps old values away: that holds
    /// without it. Where the shared store is away everybody loads for itself.
    #[must_use]
    pub fn distributed_lock(mut self, lease: Duration) -> Self {
        self.lock = Some(DistributedLock { lease });
        self
    }

    /// Values can be put before their source knows them, see
    /// [`WriteBehindCache`](crate::WriteBehindCache): for caches that are
    /// [built with a writer](crate::CacheBuilder::build_with_writer).
    #[must_use]
    pub fn write_behind(mut self, write_behind: WriteBehind) -> Self {
        self.write_behind = Some(write_behind);
        self
    }

    /// For how long beyond their lifetime values are kept.
    pub(crate) fn stale_ttl(&self) -> Option<Duration> {
        let breaker = self.breaker.as_ref().and_then(|breaker| breaker.stale_ttl);
        let fail_safe = self.fail_safe.map(|fail_safe| fail_safe.stale);
        breaker.max(fail_safe)
    }

    /// Whether it keeps or loads values that nobody reads.
    pub(crate) fn outlasts_readers(&self) -> bool {
        self.refresh.is_some() || self.stale_ttl().is_some()
    }

    /// All that is wrong with it: parts out of range, and parts that contradict one
    /// another.
    pub(crate) fn faults(&self) -> Vec<String> {
        let Self {
            levels,
            refresh,
            breaker,
            fail_safe,
            timeouts,
            bulkhead,
            lock,
            write_behind,
        } = self;
        let mut faults = levels.faults();
        faults.extend(refresh.iter().flat_map(RefreshAhead::faults));
        faults.extend(breaker.iter().flat_map(CircuitBreaker::faults));
        faults.extend(fail_safe.iter().flat_map(FailSafe::faults));
        faults.extend(timeouts.faults());
        faults.extend(bulkhead.iter().flat_map(Bulkhead::faults));
        faults.extend(lock.iter().flat_map(DistributedLock::faults));
        faults.extend(write_behind.iter().flat_map(WriteBehind::faults));
        if let Some(soft) = timeouts.soft {
            if self.stale_ttl().is_none() {
                faults.push(format!(
                    "soft_timeout = {soft:?}: allowed with fail_safe or a circuit breaker's stale_ttl, which keep the old value that it gives"
                ));
            }
            if let Some(hard) = timeouts.hard.filter(|hard| *hard <= soft) {
                faults.push(format!(
                    "soft_timeout = {soft:?}: allowed is less than hard_timeout = {hard:?}"
                ));
            }
        }
        if refresh.is_some_and(|refresh| refresh.by_itself) && !levels.memory_before_shared {
            faults.push(
                "refresh_ahead.by_itself: allowed with multi_level, whose memory tells what is asked for"
                    .to_owned(),
            );
        }
        faults
    }
}
