//! For how long a cache keeps what: options of its builder.

use std::sync::Arc;
use std::time::Duration;

use super::{CacheBuilder, CacheValue};

impl<K, V: CacheValue> CacheBuilder<K, V> {
    /// How long a value is kept, from when it was loaded or put. Zero switches the cache
    /// off, as [`enabled(false)`](Self::enabled) does.
    pub fn ttl(self, ttl: Duration) -> Self {
        self.set(move |config| config.loading.ttl = ttl)
    }

    /// How long each value is kept, told from the value itself; `None` is the cache's
    /// own lifetime, and zero keeps nothing. A loader may say otherwise
    /// ([`LoadContext::ttl`](crate::LoadContext::ttl)).
    ///
    /// ```
    /// # use cacheflow::{Cache, CacheFlow};
    /// # use std::time::Duration;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let flow = CacheFlow::builder().build().await?;
    /// // Tokens with the seconds for which they are valid.
    /// let tokens: Cache<u64, (String, u64)> = flow
    ///     .cache("tokens")
    ///     .ttl_from(|token: &(String, u64)| {
    ///         let (_, seconds) = token;
    ///         Some(Duration::from_secs(seconds.saturating_sub(30)))
    ///     })
    ///     .build()?;
    /// # Ok(()) }
    /// ```
    pub fn ttl_from(
        mut self,
        ttl: impl Fn(&V) -> Option<Duration> + Send + Sync + 'static,
    ) -> Self {
        self.timer = Some(Arc::new(ttl));
        self
    }

    /// By which share of itself each lifetime is shortened or lengthened at random, so
    /// that what was loaded in one second does not expire in one. 0 to 0.5, by default
    /// 0.1. No lifetime becomes shorter than 1 ms, and one of 366 days stays what it
    /// is.
    pub fn ttl_jitter(self, share: f64) -> Self {
        self.set(move |config| config.loading.ttl_jitter = share)
    }

    /// How long an entry lives that nobody reads; 8 ms to 366 days. One that is read
    /// lives on, up to its lifetime. Readers tell it only so often: an entry lives up
    /// to an eighth longer after its last read. Not together with what loads or keeps
    /// values beyond their readers: [`refresh_ahead`](crate::Strategy::refresh_ahead),
    /// [`fail_safe`](crate::Strategy::fail_safe), a breaker's
    /// [`stale_ttl`](crate::CircuitBreaker::stale_ttl).
    pub fn idle(self, idle: Duration) -> Self {
        self.set(move |config| config.loading.idle = Some(idle))
    }

    /// Keeps for this long that the source has no value: 1 ms to 366 days. Without it,
    /// each caller who asks for what does not exist asks the source.
    ///
    /// In memory it is kept for [`max_nothings`](Self::max_nothings) keys; in the
    /// shared store for all, so it should be short.
    pub fn cache_none(self, ttl: Duration) -> Self {
        self.set(move |config| config.loading.none_ttl = Some(ttl))
    }

    /// Keeps errors for this long, in memory alone: 1 ms to 366 days. Only those that
    /// can be copied: of [`Cache::get_or_load_shared`], [`EntryCall::load_shared`],
    /// and of attributed functions whose error is `Clone`.
    ///
    /// [`Cache::get_or_load_shared`]: crate::Cache::get_or_load_shared
    /// [`EntryCall::load_shared`]: crate::EntryCall::load_shared
    pub fn cache_err(self, ttl: Duration) -> Self {
        self.set(move |config| config.loading.err_ttl = Some(ttl))
    }

    /// For how many keys memory keeps that there is no value, or an error; 1 to
    /// 4,294,967,295, by default 1,000. Beside the values: a flood of keys that do not
    /// exist drives out none of them.
    pub fn max_nothings(self, keys: u64) -> Self {
        self.set(move |config| config.loading.max_nothings = keys)
    }

    /// The simple form of refresh-ahead, also called stale-while-revalidate: a value is
    /// served for `fresh`, and for `stale` more while one reader has it loaded anew.
    ///
    /// The same as a [`ttl`](Self::ttl) of both together and
    /// [`RefreshAhead::after`](crate::RefreshAhead::after)`(fresh)`; so not together with
    /// another way of refreshing.
    pub fn flexible(mut self, fresh: Duration, stale: Duration) -> Self {
        self.fresh = Some(fresh);
        self.set(move |config| config.loading.ttl = fresh.saturating_add(stale))
    }
}
