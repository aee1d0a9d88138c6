//! The keys that were in memory when a flow was shut down, for the next start.
//!
//! What was loaded once and is still asked for lies in the shared store; a process that starts
//! has nothing of it in memory. The snapshot says what the one before it had there: each cache that
//! is built reads that from the shared store, in batches beside its traffic. Values are not in it, and
//! nobody has to turn a text back into a key.

mod file;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Instant;

use super::Warming;
use super::ready::ready;
use crate::event::Event;
use crate::flow::{AnyCache, CacheFlow, FlowBuilder};
use crate::key::{CacheName, FullKey};

/// So many keys are noted of each cache.
const MOST: usize = 10_000;

/// What a flow has of snapshots.
#[derive(Default)]
pub(super) struct Snapshots {
    /// What the process before this had in memory.
    before: OnceLock<HashMap<String, Vec<FullKey>>>,
    caches: Mutex<Vec<Weak<dyn AnyCache>>>,
}

impl Snapshots {
    fn caches(&self) -> MutexGuard<'_, Vec<Weak<dyn AnyCache>>> {
        self.caches.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FlowBuilder {
    /// Notes in this file, at a [shutdown](CacheFlow::shutdown), which keys are in memory: up to 10,000
    /// of each cache, those that were put there last. When a cache is built after the next start,
    /// it reads them from the shared store into memory, in the background. Without a backend it does
    /// nothing.
    ///
    /// Put last, not read most: how often an entry is read, memory does not tell. Keys longer
    /// than 200 bytes are left out. A file that is missing or cannot be read is told once in a log, and
    /// ignored.
    ///
    /// Keys may tell who somebody is or what they look for: the file is readable for its owner
    /// alone (where the system has modes), and belongs where others do not look. Values are not in it.
    pub fn warming_snapshot(self, path: impl Into<PathBuf>) -> Self {
        let path = Some(path.into());
        self.set(move |config| config.warming.snapshot.clone_from(&path))
    }
}

impl Warming {
    /// Reads what the cache had in memory before, from the shared store.
    pub(super) fn bring_back(
        self: &Arc<Self>,
        flow: &CacheFlow,
        name: &CacheName,
        cache: &Arc<dyn AnyCache>,
    ) {
        let config = flow.config();
        let Some(path) = config.warming.snapshot.as_ref() else {
            return;
        };
        if flow.shared().is_none() {
            return;
        }
        self.snapshots.caches().push(Arc::downgrade(cache));
        let before = self.snapshots.before.get_or_init(|| {
            file::read(path, &config.full_prefix()).unwrap_or_else(|error| {
                let path = path.display();
                tracing::warn!(%path, %error, "the keys that were in memory before are not known");
                HashMap::new()
            })
        });
        let Some(keys) = before.get(name.as_str()).cloned() else {
            return;
        };
        let (weak, cache, name) = (flow.downgrade(), Arc::downgrade(cache), name.clone());
        self.spawn(flow, name.clone().as_str(), async move {
            let Some(flow) = weak.upgrade() else { return };
            let begun = Instant::now();
            ready(&flow).await;
            let Some(cache) = cache.upgrade() else { return };
            let items = cache.bring(&keys).await;
            let (duration, of) = (begun.elapsed(), keys.len());
            tracing::info!(
                cache = name.as_str(),
                items,
                of,
                ?duration,
                "in memory as before"
            );
            flow.event_sink().tell(|| Event::Warmed {
                warmer: format!("{name}/snapshot").into(),
                items,
                refused: 0,
                duration,
            });
        });
    }

    /// Notes what all caches have in memory.
    pub(super) fn note_keys(&self, flow: &CacheFlow) {
        let config = flow.config();
        let Some(path) = config.warming.snapshot.as_ref() else {
            return;
        };
        if !config.warming.enabled || flow.shared().is_none() {
            return;
        }
        let caches = std::mem::take(&mut *self.snapshots.caches());
        if caches.is_empty() {
            // What the process before this has noted is still the best that is known.
            return;
        }
        let caches = caches.iter().filter_map(Weak::upgrade);
        let keys: Vec<FullKey> = caches.flat_map(|cache| cache.newest(MOST)).collect();
        if let Err(error) = file::write(path, &config.full_prefix(), &keys) {
            let path = path.display();
            tracing::warn!(%path, %error, "the keys in memory are not noted for the next start");
        }
    }
}
