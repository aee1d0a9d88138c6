//! A cache and configuration: options of its builder, and what changes while it works.

use std::sync::Arc;

use super::{CacheBuilder, CacheValue, Core};
use crate::config::{BytesConfig, CacheConfig, CacheOptions, Faults, Said};

impl<K, V: CacheValue> CacheBuilder<K, V> {
    /// Whether the cache caches. One that does not runs every loader for every caller,
    /// reads and keeps nothing, and forgets what is put; what is forgotten is told to the
    /// other nodes as ever. Its strategy rests with it.
    ///
    /// Off is what anybody switches off, here or by configuration, by `enabled = false`
    /// or by `ttl = 0`.
    pub fn enabled(self, enabled: bool) -> Self {
        self.set(move |config| config.enabled = enabled)
    }

    /// Many options in a line, see [`CacheOptions`]: as if each were said here.
    ///
    /// ```
    /// # use cacheflow::{Cache, CacheFlow};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let flow = CacheFlow::builder().build().await?;
    /// let spec = "max_entries=10000,ttl=10m,refresh_ahead=0.8";
    /// let users: Cache<u64, String> = flow.cache("users").spec(spec).build()?;
    /// # Ok(()) }
    /// ```
    ///
    /// What cannot be read is a fault of `build`.
    pub fn spec(mut self, spec: &str) -> Self {
        let options = match CacheOptions::of_spec(spec) {
            Ok(options) => options,
            Err(faults) => {
                let faults = faults.into_iter().map(|fault| format!("spec: {fault}"));
                self.faults.extend(faults);
                return self;
            }
        };
        let mut faults = Faults::default();
        options.configure(&mut CacheConfig::default(), &mut faults);
        let faults = faults.into_list().into_iter();
        self.faults
            .extend(faults.map(|fault| format!("spec: {fault}")));
        // Its faults are told already.
        self.set(move |config| options.configure(config, &mut Faults::default()))
    }
}

impl<K, V: CacheValue> CacheBuilder<K, V> {
    /// With these options, as an attribute has them.
    pub(crate) fn saying(mut self, said: Said<CacheConfig>) -> Self {
        self.said = said;
        self
    }

    /// What configuration says of the cache, under what is said here.
    pub(super) fn config(&self) -> CacheConfig {
        self.flow.cache_config(&self.name).under(&self.said)
    }
}

/// What can be configured anew while it works.
pub(crate) trait Configured: Send + Sync {
    /// The options under what configuration says now.
    fn under(&self, base: &CacheConfig) -> CacheConfig;

    /// The present ones.
    fn config(&self) -> Arc<CacheConfig>;

    /// The same with what of `new` can be had now.
    fn changed_to(&self, new: &CacheConfig) -> CacheConfig;

    /// Changes what can change to what `new` has, in a flow that caches if `is_on` and
    /// writes values so.
    fn change(&self, new: &CacheConfig, flow: &BytesConfig, is_on: bool);
}

impl<V: CacheValue> Core<V> {
    /// Whether every body runs and nothing is kept.
    pub(crate) fn is_off(&self) -> bool {
        self.local.is_off()
    }
}

impl<V: CacheValue> Configured for Core<V> {
    fn under(&self, base: &CacheConfig) -> CacheConfig {
        base.under(&self.said)
    }

    fn config(&self) -> Arc<CacheConfig> {
        self.config.kept()
    }

    fn changed_to(&self, new: &CacheConfig) -> CacheConfig {
        self.config
            .get()
            .changed_to(new, self.local.keeps_nothings())
    }

    fn change(&self, new: &CacheConfig, flow: &BytesConfig, is_on: bool) {
        let changed = self.changed_to(new);
        self.strategy.config.set(changed.loading.clone());
        if let Some(refresh) = changed.strategy.refresh {
            self.policy.refresh.set(Some(refresh));
        }
        if let Ok(written) = changed.bytes.within(flow) {
            self.strategy.levels.wire().compress(&written.compression);
        }
        // Last: what is loaded from here on goes by all of that.
        self.local.switch(is_on && !changed.is_off());
        self.config.set(changed);
    }
}
