//! The options of strategies.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use cacheflow::bus::Bus;
use cacheflow::lock::{Acquired, Leases};
use cacheflow::store::SharedStore;
use cacheflow::{Backend, Cache, CacheFlow, LoadError, Namespace, Result};
use cacheflow_testkit::MemoryBackend;

use crate::world::{MINUTE, SECOND, Source, alone, config, fail, load, subscribed, users};

/// Whether a value that lives for 100 s is loaded anew at 20 s.
async fn is_refreshed_early(options: &str) -> bool {
    let options = format!("ttl = 100\nstrategy = \"refresh-ahead\"\n{options}");
    let (users, clock) = users(&options).await;
    let slow = users.get_or_load(&1, async || {
        clock.advance(SECOND);
        Ok::<_, String>(10)
    });
    slow.await.unwrap();
    clock.advance(20 * SECOND);
    for _ in 0..100 {
        if load(&users, 1, 11).await.unwrap() == 11 {
            return true;
        }
    }
    false
}

#[tokio::test]
pub(crate) async fn refresh_ratio() {
    assert!(is_refreshed_early("refresh_ratio = 0.1").await);
    assert!(!is_refreshed_early("refresh_ratio = 0.5").await);
}

#[tokio::test]
pub(crate) async fn refresh_after() {
    assert!(is_refreshed_early("refresh_after = \"10s\"").await);
    assert!(!is_refreshed_early("refresh_after = \"40s\"").await);
}

#[tokio::test]
pub(crate) async fn refresh_beta() {
    assert!(is_refreshed_early("refresh_beta = 1000").await);
    assert!(!is_refreshed_early("refresh_beta = 0.001").await);
}

/// Whether the breaker of a cache that is configured so lets nothing through.
async fn is_open(users: &Cache<u64, u64>) -> bool {
    matches!(load(users, 99, 1).await, Err(LoadError::BreakerOpen))
}

async fn breaking(options: &str) -> (Cache<u64, u64>, cacheflow::clock::Clock) {
    users(&format!("strategy = \"circuit-breaker\"\n{options}")).await
}

#[tokio::test]
pub(crate) async fn failure_threshold() {
    for (threshold, opens) in [("failure_threshold = 1", true), ("", false)] {
        let (users, _) = breaking(threshold).await;
        fail(&users, 1).await;
        assert_eq!(is_open(&users).await, opens);
    }
}

#[tokio::test]
pub(crate) async fn failure_rate_and_failure_minimum() {
    for (options, opens) in [
        ("failure_rate = 0.5\nfailure_minimum = 2", true),
        ("failure_rate = 0.9\nfailure_minimum = 2", false),
        ("failure_rate = 0.5", false),
    ] {
        let (users, _) = breaking(options).await;
        load(&users, 1, 10).await.unwrap();
        fail(&users, 2).await;
        assert_eq!(is_open(&users).await, opens, "{options}");
    }
}

#[tokio::test]
pub(crate) async fn failure_window() {
    for (window, opens) in [
        ("failure_window = \"1s\"", false),
        ("failure_window = \"1m\"", true),
    ] {
        let options = format!("failure_rate = 0.5\nfailure_minimum = 2\n{window}");
        let (users, clock) = breaking(&options).await;
        fail(&users, 1).await;
        clock.advance(20 * SECOND);
        fail(&users, 2).await;
        assert_eq!(is_open(&users).await, opens, "{window}");
    }
}

#[tokio::test]
pub(crate) async fn reset_after() {
    let (users, clock) = breaking("failure_threshold = 1\nreset_after = \"5s\"").await;
    fail(&users, 1).await;
    assert!(is_open(&users).await);
    clock.advance(6 * SECOND);
    assert!(!is_open(&users).await);
}

#[tokio::test]
pub(crate) async fn breaker() {
    let options = "strategy = \"circuit-breaker\"\nfailure_threshold = 1\nbreaker = \"database\"";
    let (flow, _) = alone(&format!("[defaults]\n{options}")).await;
    let one: Cache<u64, u64> = flow.cache("one").build().unwrap();
    let two: Cache<u64, u64> = flow.cache("two").build().unwrap();
    fail(&one, 1).await;
    assert!(is_open(&two).await);
}

#[tokio::test]
pub(crate) async fn stale_ttl() {
    let options = "ttl = \"1m\"\nstrategy = \"fail-safe\"\nstale_ttl = \"1h\"";
    let (users, clock) = users(options).await;
    load(&users, 1, 10).await.unwrap();
    clock.advance(30 * MINUTE);
    let source = Source::default();
    let stale = users.get_or_load(&1, || source.fails()).await;
    assert_eq!(stale.unwrap(), 10);
    clock.advance(40 * MINUTE);
    users.get_or_load(&1, || source.fails()).await.unwrap_err();
}

#[tokio::test]
pub(crate) async fn throttle() {
    let options = "ttl = \"1m\"\nstrategy = \"fail-safe\"\nstale_ttl = \"1h\"\nthrottle = \"10m\"";
    let (users, clock) = users(options).await;
    load(&users, 1, 10).await.unwrap();
    clock.advance(2 * MINUTE);
    let source = Source::default();
    for _ in 0..2 {
        let stale = users.get_or_load(&1, || source.fails()).await;
        assert_eq!(stale.unwrap(), 10);
        clock.advance(2 * MINUTE);
    }
    assert_eq!(source.asked(), 1);
}

/// A backend that notes how long leases are.
#[derive(Clone)]
struct Noting(MemoryBackend, Arc<Mutex<Vec<Duration>>>);

struct NotingLeases(Arc<dyn Leases>, Arc<Mutex<Vec<Duration>>>);

impl Backend for Noting {
    fn store(&self, namespace: &Namespace) -> Arc<dyn SharedStore> {
        self.0.store(namespace)
    }

    fn bus(&self, namespace: &Namespace) -> Arc<dyn Bus> {
        self.0.bus(namespace)
    }

    fn leases(&self, namespace: &Namespace) -> Arc<dyn Leases> {
        let leases = self.0.leases(namespace);
        Arc::new(NotingLeases(leases, Arc::clone(&self.1)))
    }
}

#[async_trait::async_trait]
impl Leases for NotingLeases {
    async fn acquire(&self, name: &str, owner: &str, lease: Duration) -> Result<Acquired> {
        self.1.lock().unwrap().push(lease);
        self.0.acquire(name, owner, lease).await
    }

    async fn renew(&self, name: &str, owner: &str, lease: Duration) -> Result<bool> {
        self.0.renew(name, owner, lease).await
    }

    async fn release(&self, name: &str, owner: &str) -> Result<bool> {
        self.0.release(name, owner).await
    }
}

#[tokio::test]
pub(crate) async fn lock_ttl() {
    let noting = Noting(MemoryBackend::new(), Arc::default());
    let text = "[caches.users]\nstrategy = \"distributed-lock\"\nlock_ttl = \"7s\"";
    let builder = CacheFlow::builder().backend(noting.clone());
    let flow = builder.config(config(text)).build().await.unwrap();
    subscribed(&flow).await;
    let users: Cache<u64, u64> = flow.cache("users").build().unwrap();
    load(&users, 1, 10).await.unwrap();
    assert_eq!(*noting.1.lock().unwrap(), [7 * SECOND]);
}
