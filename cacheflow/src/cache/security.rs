//! What may be kept at all, and for how long: options of a cache's builder.

use std::fmt::Display;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use super::{CacheBuilder, CacheValue};
use crate::config::CacheConfig;
use crate::key::Sensitive;
use crate::strategy::Validator;

impl<K, V: CacheValue> CacheBuilder<K, V> {
    /// No value is kept for longer than this, whatever [`ttl`](Self::ttl),
    /// [`ttl_from`](Self::ttl_from), a loader's
    /// [`LoadContext::ttl`](crate::LoadContext::ttl), jitter, or a strategy that lets
    /// old values stand in say; 1 ms to 366 days. For what must not be believed for
    /// long, such as permissions.
    ///
    /// It holds in memory and in the shared store, for what is read from there too: a
    /// value that another node has kept for longer is a miss when its time is over
    /// here.
    pub fn max_ttl(self, max_ttl: Duration) -> Self {
        self.set(move |config| config.max_ttl = Some(max_ttl))
    }

    /// Looks at every value before it is kept, loaded or put; one that is refused is
    /// given to its caller and kept nowhere
    /// ([`Event::ValueRefused`](crate::Event), with what `validate` said). What is put
    /// and refused takes the place of nothing, but what was kept before is forgotten.
    ///
    /// What is read from the shared store is looked at as well: somebody may have
    /// written there what nobody would have kept. Such a value is removed, and loaded
    /// anew.
    ///
    /// ```
    /// # use cacheflow::{Cache, CacheFlow};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let flow = CacheFlow::builder().build().await?;
    /// let prices: Cache<u64, f64> = flow
    ///     .cache("prices")
    ///     .validate(|price: &f64| match price.is_finite() && *price > 0.0 {
    ///         true => Ok(()),
    ///         false => Err("no price"),
    ///     })
    ///     .build()?;
    /// let price = prices.get_or_load(&7, async || Ok::<_, String>(-1.0)).await?;
    /// assert_eq!(price, -1.0);
    /// assert!(prices.get(&7).await.is_none());
    /// # Ok(()) }
    /// ```
    ///
    /// # Panics
    ///
    /// It must not: a panic in it is one of the load.
    pub fn validate<E: Display>(
        mut self,
        validate: impl Fn(&V) -> Result<(), E> + Send + Sync + 'static,
    ) -> Self {
        self.validator = Some(validator(validate));
        self
    }

    /// Keeps secrets: keys are [`Sensitive`], so that nothing of them can be read
    /// anywhere, and values leave this process sealed or not at all.
    ///
    /// In a flow with a shared store [`build`](Self::build) wants its values sealed
    /// (`FlowBuilder::sealing`, feature `seal`). Tags and dependencies stay readable:
    /// name none after a secret.
    ///
    /// ```
    /// # use cacheflow::{Cache, CacheFlow, Sensitive};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let flow = CacheFlow::builder().build().await?;
    /// let sessions: Cache<Sensitive<String>, u64> =
    ///     flow.cache::<String, u64>("sessions").sensitive().build()?;
    /// let user = sessions.get(&Sensitive("token".to_owned())).await;
    /// # assert_eq!(user, None);
    /// # Ok(()) }
    /// ```
    pub fn sensitive(self) -> CacheBuilder<Sensitive<K>, V> {
        let Self {
            flow,
            name,
            said,
            faults,
            weigher,
            tagger,
            timer,
            validator,
            when_built,
            fresh,
            key: _,
        } = self;
        let builder = CacheBuilder {
            flow,
            name,
            said,
            faults,
            weigher,
            tagger,
            timer,
            validator,
            when_built,
            fresh,
            key: PhantomData,
        };
        builder.set(|config| config.sensitive = true)
    }

    /// Looked at by this, as an attribute has it.
    pub(crate) fn validated(mut self, validator: Validator<V>) -> Self {
        self.validator = Some(validator);
        self
    }

    /// What a cache with secrets lacks.
    pub(super) fn unsealed(&self, config: &CacheConfig) -> Option<String> {
        let leaves = self.flow.shared().is_some() && !config.in_process;
        let is_open = config.sensitive && leaves && self.flow.sealing().is_none();
        is_open.then(|| {
            "sensitive: allowed in a flow that seals what it shares (FlowBuilder::sealing, feature seal), without a shared store, or as `local` of an attribute".to_owned()
        })
    }
}

/// As caches ask it.
pub(crate) fn validator<V, E: Display>(
    validate: impl Fn(&V) -> Result<(), E> + Send + Sync + 'static,
) -> Validator<V> {
    Arc::new(move |value| validate(value).map_err(|fault| fault.to_string()))
}
