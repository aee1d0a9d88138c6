//! Times as they are measured, for whoever collects them by the facade `metrics`.
//!
//! Everything else is read from the statistics now and then, so that what is counted
//! on the way of a call stays one addition.

use std::time::Duration;

use crate::key::CacheName;

/// How long loaders take, by cache.
pub(crate) const LOAD: &str = "cacheflow_load_seconds";

/// How long the shared store takes to answer reads, by cache.
pub(crate) const SHARED_READ: &str = "cacheflow_shared_read_seconds";

/// How long it takes at most until what another node has published is applied here.
pub(crate) const BUS_LAG: &str = "cacheflow_bus_lag_seconds";

/// Records `time` under `name`, and the cache if it is one's.
pub(super) fn record(name: &'static str, cache: Option<&CacheName>, time: Duration) {
    #[cfg(feature = "metrics")]
    match cache {
        Some(cache) => metrics::histogram!(name, "cache" => cache.shared()).record(time),
        None => metrics::histogram!(name).record(time),
    }
    #[cfg(not(feature = "metrics"))]
    let _ = (name, cache, time);
}
