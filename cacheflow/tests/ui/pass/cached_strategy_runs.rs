//! A hit copies nothing, a load has copies of its own, and the cache has the
//! strategy.

#![deny(warnings)]

use cacheflow::{Cache, CacheFlow, CircuitBreaker, Error, Strategy, cached};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

static COPIES: AtomicUsize = AtomicUsize::new(0);
static LOADS: AtomicUsize = AtomicUsize::new(0);

struct Users {
    tenant: String,
}

impl Clone for Users {
    fn clone(&self) -> Self {
        COPIES.fetch_add(1, Ordering::Relaxed);
        Self {
            tenant: self.tenant.clone(),
        }
    }
}

impl Users {
    #[cached(
        cache = "names",
        key = "{self.tenant}:{name}",
        strategy = refresh_ahead(0.8) + circuit_breaker(failures = 5)
    )]
    async fn name(&self, name: &str) -> Result<String, Error> {
        LOADS.fetch_add(1, Ordering::Relaxed);
        Ok(format!("{}/{name}", self.tenant))
    }
}

#[cached(cache = "contradiction", strategy = Strategy::cache_aside().memory_ttl(Duration::from_secs(1)))]
async fn without_its_cache(id: u64) -> Result<u64, Error> {
    LOADS.fetch_add(1, Ordering::Relaxed);
    Ok(id)
}

#[tokio::main]
async fn main() {
    let flow = CacheFlow::builder().build().await.unwrap();
    flow.install_global().unwrap();
    let users = Users {
        tenant: "t".to_owned(),
    };
    for _ in 0..3 {
        assert_eq!(users.name("n").await.unwrap(), "t/n");
    }
    assert_eq!(users.name("m").await.unwrap(), "t/m");
    assert_eq!(COPIES.load(Ordering::Relaxed), 2);
    assert_eq!(LOADS.swap(0, Ordering::Relaxed), 2);

    let strategy = Strategy::multi_level().refresh_ahead(0.8);
    let same = strategy
        .clone()
        .circuit_breaker(CircuitBreaker::new().failures(5));
    let handle = |strategy| -> cacheflow::Result<Cache<String, String>> {
        flow.cache("names").strategy(strategy).build()
    };
    assert!(handle(same).is_ok());
    assert!(handle(strategy).is_err());

    for _ in 0..2 {
        assert_eq!(without_its_cache(1).await.unwrap(), 1);
    }
    assert_eq!(LOADS.load(Ordering::Relaxed), 2);
}
