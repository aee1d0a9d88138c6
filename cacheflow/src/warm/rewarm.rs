//! Warming anew what was forgotten.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use super::run::Why;
use super::warming::Registered;
use super::{WarmPlan, Warming};
use crate::cache::{CacheBuilder, CacheValue};
use crate::flow::{AnyCache, CacheFlow};

impl<K, V: CacheValue> CacheBuilder<K, V> {
    /// Warms the cache anew after much of it was forgotten at once: all of it, or, by a tag or
    /// a pattern, something that this node has in memory. At most once in `pause`, 1 ms to 366 days; what is
    /// forgotten meanwhile is warmed when that is over. By default not.
    pub fn rewarm(self, pause: Duration) -> Self {
        self.set(move |config| config.warming.rewarm = Some(pause))
    }
}

impl Warming {
    /// Runs a warmer whenever much of `cache` was forgotten, if its plan says so.
    pub(super) fn rewarm(
        self: &Arc<Self>,
        flow: &CacheFlow,
        it: &Arc<Registered>,
        plan: &WarmPlan,
        cache: &dyn AnyCache,
    ) {
        let Some(pause) = plan.rewarm else { return };
        let forgotten = Arc::new(Notify::new());
        cache.tell_forgotten(Arc::clone(&forgotten));
        let (warming, it, plan) = (Arc::clone(self), Arc::clone(it), plan.clone());
        let (name, weak) = (Arc::clone(&it.name), flow.downgrade());
        self.spawn(flow, &name, async move {
            loop {
                // However often it was told: once.
                forgotten.notified().await;
                let begun = Instant::now();
                let Some(flow) = weak.upgrade() else { return };
                warming.run(&flow, &it, &plan, Why::Forgotten).await;
                drop(flow);
                sleep_until(begun + pause).await;
            }
        });
    }
}
