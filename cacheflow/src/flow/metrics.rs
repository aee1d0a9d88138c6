//! A flow's statistics by the facade of the crate `metrics`.

use std::sync::Arc;
use std::time::Duration;

use metrics::{Unit, counter, describe_histogram, gauge};

use super::{BusHealth, CacheFlow, FlowStats, StoreHealth};
use crate::config::Faults;
use crate::error::Result;
use crate::event::{BreakerState, BusStats, CacheStats, metric};

/// A figure: its name, what is said beside the cache, and where it is.
type Figure<T> = (&'static str, &'static [Label], fn(&T) -> u64);

type Label = (&'static str, &'static str);

const CACHE_COUNTERS: &[Figure<CacheStats>] = &[
    ("cacheflow_hits_total", &[("level", "memory")], |it| {
        it.memory_hits
    }),
    ("cacheflow_hits_total", &[("level", "shared")], |it| {
        it.shared_hits
    }),
    ("cacheflow_misses_total", &[], |it| it.misses),
    ("cacheflow_joined_total", &[], |it| it.joined),
    ("cacheflow_stale_total", &[], |it| it.stale),
    ("cacheflow_loads_total", &[], |it| it.loads),
    ("cacheflow_load_failures_total", &[], |it| it.load_failures),
    ("cacheflow_load_timeouts_total", &[], |it| it.timeouts),
    (
        "cacheflow_load_refusals_total",
        &[("by", "breaker")],
        |it| it.breaker_refusals,
    ),
    (
        "cacheflow_load_refusals_total",
        &[("by", "bulkhead")],
        |it| it.bulkhead_refusals,
    ),
    ("cacheflow_refreshes_total", &[], |it| it.refreshed),
    ("cacheflow_refresh_failures_total", &[], |it| {
        it.refresh_failures
    }),
    ("cacheflow_fills_refused_total", &[], |it| it.fills_refused),
    ("cacheflow_too_large_total", &[], |it| it.too_large),
    ("cacheflow_values_refused_total", &[], |it| {
        it.values_refused
    }),
    ("cacheflow_unreadable_total", &[], |it| it.unreadable),
    ("cacheflow_store_failures_total", &[], |it| {
        it.store_failures
    }),
    ("cacheflow_stored_total", &[], |it| it.stored),
    ("cacheflow_incompressible_total", &[], |it| {
        it.incompressible
    }),
    ("cacheflow_encoded_bytes_total", &[], |it| it.encoded_bytes),
    ("cacheflow_stored_bytes_total", &[], |it| it.stored_bytes),
    ("cacheflow_evictions_total", &[("cause", "expired")], |it| {
        it.evictions.expired
    }),
    ("cacheflow_evictions_total", &[("cause", "size")], |it| {
        it.evictions.size
    }),
    (
        "cacheflow_evictions_total",
        &[("cause", "forgotten")],
        |it| it.evictions.forgotten,
    ),
    (
        "cacheflow_evictions_total",
        &[("cause", "replaced")],
        |it| it.evictions.replaced,
    ),
    ("cacheflow_invalidated_total", &[("by", "key")], |it| {
        it.invalidations.keys
    }),
    ("cacheflow_invalidated_total", &[("by", "tag")], |it| {
        it.invalidations.tags
    }),
    ("cacheflow_invalidated_total", &[("by", "pattern")], |it| {
        it.invalidations.patterns
    }),
    (
        "cacheflow_invalidated_total",
        &[("by", "dependency")],
        |it| it.invalidations.dependencies,
    ),
    ("cacheflow_clears_total", &[("of", "cache")], |it| {
        it.invalidations.clears
    }),
    ("cacheflow_clears_total", &[("of", "everything")], |it| {
        it.invalidations.everything
    }),
];

const CACHE_GAUGES: &[Figure<CacheStats>] = &[
    ("cacheflow_entries", &[], |it| it.entries),
    ("cacheflow_weight", &[], |it| it.weight),
    ("cacheflow_capacity", &[], |it| it.capacity),
    ("cacheflow_under_way", &[], |it| it.under_way),
    ("cacheflow_loads_running", &[], |it| it.running),
    ("cacheflow_loads_queued", &[], |it| it.queued),
];

const BUS_COUNTERS: &[Figure<BusStats>] = &[
    ("cacheflow_bus_sent_total", &[], |it| it.sent),
    ("cacheflow_bus_received_total", &[], |it| it.received),
    ("cacheflow_bus_garbled_total", &[], |it| it.garbled),
    ("cacheflow_bus_gaps_total", &[], |it| it.gaps),
    ("cacheflow_bus_replays_total", &[], |it| it.replays),
    ("cacheflow_bus_replayed_total", &[], |it| it.replayed),
    ("cacheflow_bus_losses_total", &[], |it| it.losses),
    ("cacheflow_gate_closures_total", &[], |it| it.gate_closures),
];

/// Of a flow that shares something with others.
const FLOW_GAUGES: &[Figure<FlowStats>] = &[
    ("cacheflow_store_up", &[], |it| {
        u64::from(it.health.store == Some(StoreHealth::Up))
    }),
    ("cacheflow_bus_up", &[], |it| {
        u64::from(it.health.bus == Some(BusHealth::Up))
    }),
    ("cacheflow_memory_trusted", &[], |it| {
        u64::from(it.health.memory_is_trusted)
    }),
    ("cacheflow_outbox_depth", &[], |it| {
        it.health.waiting_invalidations as u64
    }),
];

impl CacheFlow {
    /// Gives the [statistics](Self::stats) to the recorder that is installed for the
    /// crate `metrics`, now and then every so often (100 ms to 1 h), until the flow
    /// ends. Call it once.
    ///
    /// The names stand in `docs/observability.md` and stay as they are. No label names a
    /// key. Times are recorded as they are measured, whether this was called or not.
    ///
    /// A process that has several flows whose caches have the same names shows the
    /// larger figure of each.
    ///
    /// ```
    /// # use cacheflow::CacheFlow;
    /// # use std::time::Duration;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let flow = CacheFlow::builder().build().await?;
    /// flow.publish_metrics(Duration::from_secs(10))?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfig`](crate::ErrorKind) if `every` is out of range, or
    /// this is not called in a tokio runtime.
    pub fn publish_metrics(&self, every: Duration) -> Result<()> {
        let mut faults = Faults::default();
        let (shortest, longest) = (Duration::from_millis(100), Duration::from_secs(3600));
        faults.check_range("every", every, shortest, longest, |it| format!("{it:?}"));
        if tokio::runtime::Handle::try_current().is_err() {
            faults.add("publish_metrics: is called inside of a tokio runtime");
        }
        faults.into_result("publish_metrics")?;
        let flow = Arc::downgrade(&self.0);
        self.0.background.spawn_idle(async move {
            loop {
                {
                    let Some(flow) = flow.upgrade() else { return };
                    Self(flow).record_metrics();
                }
                tokio::time::sleep(every).await;
            }
        });
        Ok(())
    }

    /// Gives the statistics to the recorder once, as they are now: for who is about to
    /// ask for them.
    pub fn record_metrics(&self) {
        let stats = self.stats();
        for name in [metric::LOAD, metric::SHARED_READ, metric::BUS_LAG] {
            describe_histogram!(name, Unit::Seconds, "see docs/observability.md");
        }
        for (cache, stats) in &stats.caches {
            for (name, labels, figure) in CACHE_COUNTERS {
                let labels = labelled("cache", cache, labels);
                counter!(*name, &labels).absolute(figure(stats));
            }
            for (name, labels, figure) in CACHE_GAUGES {
                let labels = labelled("cache", cache, labels);
                gauge!(*name, &labels).set(figure(stats) as f64);
            }
        }
        for (breaker, state) in &stats.breakers {
            let open = match state {
                BreakerState::Closed => 0.0,
                BreakerState::HalfOpen => 0.5,
                BreakerState::Open => 1.0,
            };
            gauge!("cacheflow_breaker_open", &labelled("breaker", breaker, &[])).set(open);
        }
        if stats.health.store.is_none() {
            return;
        }
        for (name, _, figure) in BUS_COUNTERS {
            counter!(*name).absolute(figure(&stats.bus));
        }
        for (name, _, figure) in FLOW_GAUGES {
            gauge!(*name).set(figure(&stats) as f64);
        }
    }
}

fn labelled(of: &'static str, name: &str, labels: &[Label]) -> Vec<(&'static str, String)> {
    let more = labels
        .iter()
        .map(|(label, value)| (*label, (*value).to_owned()));
    std::iter::once((of, name.to_owned())).chain(more).collect()
}
