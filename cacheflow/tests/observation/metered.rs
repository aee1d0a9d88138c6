//! Figures by the facade of the crate `metrics`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cacheflow::{Cache, CacheFlow, CircuitBreaker, ErrorKind, Strategy};
use cacheflow_testkit::{MemoryBackend, eventually};
use metrics::{
    Counter, CounterFn, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder,
    SharedString, Unit,
};

use crate::report::documented;
use crate::world::{WITHIN, alone, load, node, numbers, subscribed};

const DOCS: &str = include_str!("../../../docs/observability.md");

/// Keeps the last of each figure, by its name with its labels: `name{label=value}`.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<BTreeMap<String, Arc<Figure>>>>);

/// A figure; of a histogram, how many times it was recorded.
#[derive(Default)]
struct Figure(AtomicU64);

impl Kept {
    fn figure(&self, key: &Key) -> Arc<Figure> {
        let labels = key
            .labels()
            .map(|label| format!("{}={}", label.key(), label.value()));
        let labels: Vec<_> = labels.collect();
        let name = format!("{}{{{}}}", key.name(), labels.join(","));
        Arc::clone(self.0.lock().unwrap().entry(name).or_default())
    }

    /// Its value, if it was ever recorded.
    fn get(&self, name: &str) -> Option<u64> {
        let figures = self.0.lock().unwrap();
        Some(figures.get(name)?.0.load(Ordering::Relaxed))
    }

    fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().keys().cloned().collect()
    }
}

impl Recorder for Kept {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.figure(key))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.figure(key))
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.figure(key))
    }
}

impl CounterFn for Figure {
    fn increment(&self, value: u64) {
        self.0.fetch_add(value, Ordering::Relaxed);
    }

    fn absolute(&self, value: u64) {
        self.0.fetch_max(value, Ordering::Relaxed);
    }
}

impl metrics::GaugeFn for Figure {
    fn increment(&self, _: f64) {
        panic!("gauges are set");
    }

    fn decrement(&self, _: f64) {
        panic!("gauges are set");
    }

    fn set(&self, value: f64) {
        self.0.store(value as u64, Ordering::Relaxed);
    }
}

impl HistogramFn for Figure {
    fn record(&self, seconds: f64) {
        assert!((0.0..60.0).contains(&seconds), "{seconds}");
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// A node that has done a bit of everything.
async fn busy() -> CacheFlow {
    let flow = subscribed(node(&MemoryBackend::new())).await;
    let strategy = Strategy::multi_level().circuit_breaker(CircuitBreaker::new());
    let users: Cache<String, u64> = flow.cache("users").strategy(strategy).build().unwrap();
    for user in ["lovelace", "lovelace", "hopper"] {
        let load = async || Ok::<_, String>(7);
        users.get_or_load(user, load).await.unwrap();
    }
    let _ = users.invalidate("lovelace").await.unwrap();
    let lag = async || flow.stats().bus.lag.count > 0;
    eventually("a heartbeat was answered", WITHIN, lag).await;
    flow
}

#[tokio::test]
async fn the_documented_names_are_those_that_are_published() {
    let kept = Kept::default();
    let _recorder = metrics::set_default_local_recorder(&kept);
    let flow = busy().await;
    flow.record_metrics();
    let name = |figure: &String| {
        let (name, labels) = figure.split_once('{').unwrap();
        let labels = labels
            .trim_end_matches('}')
            .split(',')
            .filter(|it| !it.is_empty());
        let labels: Vec<_> = labels
            .map(|label| label.split('=').next().unwrap())
            .collect();
        match labels.is_empty() {
            true => name.to_owned(),
            false => format!("{name}{{{}}}", labels.join(",")),
        }
    };
    let published: BTreeSet<_> = kept.all().iter().map(name).collect();
    assert_eq!(published, documented("## Metrics"));
}

#[tokio::test]
async fn figures_are_those_of_the_statistics_and_no_label_names_a_key() {
    let kept = Kept::default();
    let _recorder = metrics::set_default_local_recorder(&kept);
    let flow = busy().await;
    flow.record_metrics();
    let stats = flow.stats();
    for (name, figure) in [
        ("cacheflow_hits_total{cache=users,level=memory}", 1),
        ("cacheflow_misses_total{cache=users}", 2),
        ("cacheflow_loads_total{cache=users}", 2),
        ("cacheflow_invalidated_total{cache=users,by=key}", 1),
        ("cacheflow_stored_total{cache=users}", 2),
        ("cacheflow_load_seconds{cache=users}", 2),
        ("cacheflow_shared_read_seconds{cache=users}", 2),
        ("cacheflow_breaker_open{breaker=users}", 0),
        ("cacheflow_bus_sent_total{}", stats.bus.sent),
        ("cacheflow_store_up{}", 1),
    ] {
        assert_eq!(kept.get(name), Some(figure), "{name}");
    }
    let users = |name: &String| name.contains("lovelace") || name.contains("hopper");
    let told: Vec<_> = kept.all().into_iter().filter(users).collect();
    assert!(told.is_empty(), "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_published_follows_until_the_flow_ends() {
    let kept = Kept::default();
    let _recorder = metrics::set_default_local_recorder(&kept);
    let flow = alone().await;
    let cache = numbers(&flow);
    let every = Duration::from_secs(10);
    flow.publish_metrics(every).unwrap();
    let misses = || kept.get("cacheflow_misses_total{cache=numbers}");
    for loaded in 0..3 {
        tokio::time::sleep(every / 2).await;
        assert_eq!(misses(), Some(loaded));
        load(&cache, loaded).await;
        tokio::time::sleep(every / 2).await;
    }
    flow.shutdown(WITHIN).await.unwrap();
    tokio::time::sleep(every).await;
    load(&cache, 9).await;
    tokio::time::sleep(10 * every).await;
    assert_eq!(misses(), Some(3), "it was the last");
}

#[tokio::test]
async fn how_often_has_a_range() {
    let flow = alone().await;
    for every in [Duration::from_millis(99), Duration::from_secs(3601)] {
        let error = flow.publish_metrics(every).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidConfig);
        assert!(
            error.to_string().contains("allowed is 100ms to 3600s"),
            "{error}"
        );
    }
    let outside = std::thread::spawn(move || flow.publish_metrics(Duration::from_secs(1)));
    let error = outside.join().unwrap().unwrap_err();
    assert!(
        error.to_string().contains("inside of a tokio runtime"),
        "{error}"
    );
}

#[tokio::test]
async fn every_metric_that_the_documentation_names_is_one() {
    let names: BTreeSet<_> = documented("## Metrics");
    let names: BTreeSet<_> = names
        .iter()
        .map(|name| name.split('{').next().unwrap())
        .collect();
    let words = DOCS.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let mut found = 0;
    for word in words.filter(|word| word.starts_with("cacheflow_")) {
        let name = word.trim_end_matches("_sum").trim_end_matches("_count");
        assert!(names.contains(name), "{word}");
        found += 1;
    }
    assert!(found > names.len(), "the alerts name some as well");
}
