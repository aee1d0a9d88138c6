//! Forgetting as a caller asks for it.

use super::outbox::{BATCH, Outbox};
use super::{Applied, Node};
use crate::error::Result;
use crate::key::{CacheName, FullKey};
use crate::store::{Clearing, Guarded, Recorded};

impl Node {
    /// Forgets keys everywhere.
    pub(crate) async fn forget(&self, keys: Vec<FullKey>) -> Applied {
        if keys.is_empty() {
            return Applied::Recorded;
        }
        let Some(shared) = &self.shared else {
            self.forget_here(&keys);
            return Applied::Recorded;
        };
        let mut applied = Applied::Recorded;
        for keys in keys.chunks(BATCH) {
            if self.forget_batch(shared, keys).await == Applied::Local {
                applied = Applied::Local;
            }
        }
        applied
    }

    async fn forget_batch(&self, shared: &Guarded, keys: &[FullKey]) -> Applied {
        // First the shared store, then this node's memory: a reader in between
        // would else fill memory again with what the shared store still holds.
        match shared.forget(keys, self.standing.position()).await {
            Ok(recorded) => {
                self.recorded(recorded, || self.forget_here(keys));
                Applied::Recorded
            }
            Err(error) => {
                tracing::debug!(%error, keys = keys.len(), "an invalidation waits for the shared store");
                self.postpone(shared, |outbox| outbox.add_keys(keys.iter().cloned()));
                self.forget_here(keys);
                Applied::Local
            }
        }
    }

    /// Forgets everything of a cache everywhere.
    pub(crate) async fn clear(&self, cache: &CacheName) -> Applied {
        let Some(shared) = &self.shared else {
            self.clear_here(cache);
            return Applied::Recorded;
        };
        match self.clear_steps(&**shared, cache).await {
            Ok(()) => Applied::Recorded,
            Err(error) => {
                tracing::debug!(%error, %cache, "a clear waits for the shared store");
                self.postpone(shared, |outbox| outbox.add_cache(cache.clone()));
                self.clear_here(cache);
                Applied::Local
            }
        }
    }

    /// Three steps. The first record makes the store refuse fills that were
    /// loaded before it; without it, such a fill could land behind the sweep.
    /// The sweep removes what is kept. The second record drops what nodes read
    /// from the store while the sweep had not yet come to it.
    pub(super) async fn clear_steps(&self, store: &impl Clearing, cache: &CacheName) -> Result<()> {
        self.record_clear(store, cache).await?;
        let mut cursor = Some(0);
        while let Some(from) = cursor {
            cursor = store.sweep(cache, from).await?;
        }
        self.record_clear(store, cache).await
    }

    async fn record_clear(&self, store: &impl Clearing, cache: &CacheName) -> Result<()> {
        let recorded = store.clear(cache, self.standing.position()).await?;
        self.recorded(recorded, || self.clear_here(cache));
        Ok(())
    }

    /// A change of this node stands in the journal: `own` applies it here, after
    /// all that came before it.
    pub(crate) fn recorded(&self, recorded: Recorded, own: impl FnOnce()) {
        self.catch_up(recorded.position, recorded.missed, own);
    }

    /// A put failed: whatever the store holds of the key now is not known to be
    /// right, here or elsewhere.
    pub(crate) fn put_failed(&self, key: &FullKey) {
        if let Some(shared) = &self.shared {
            self.postpone(shared, |outbox| outbox.add_keys([key.clone()]));
        }
    }

    /// Into the outbox *before* this node's memory forgets: from here on the
    /// shared store is not read, so that nobody can refill memory from it.
    fn postpone(&self, shared: &Guarded, add: impl FnOnce(&mut Outbox)) {
        let mut outbox = self.outbox();
        add(&mut outbox);
        shared.distrust();
    }
}
