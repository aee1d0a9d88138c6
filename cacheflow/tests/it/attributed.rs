//! Strategies of attributed functions.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use cacheflow::clock::Clock;
use cacheflow::{CacheFlow, Error, ErrorKind, cached};
use cacheflow_testkit::eventually;

use crate::support::WITHIN;
use crate::timed::by_hand;

/// Where the functions load from.
#[derive(Clone, Debug, Default)]
struct Source(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    asked: AtomicUsize,
    fails: AtomicBool,
    hangs: AtomicBool,
}

impl Source {
    async fn ask(&self, name: &str) -> Result<String, Error> {
        let asked = self.0.asked.fetch_add(1, Ordering::SeqCst) + 1;
        if self.0.hangs.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        match self.0.fails.load(Ordering::SeqCst) {
            true => Err(Error::new(ErrorKind::Backend, "ask", "no answer")),
            false => Ok(format!("{name} {asked}")),
        }
    }

    fn asked(&self) -> usize {
        self.0.asked.load(Ordering::SeqCst)
    }
}

#[cached(cache = "ahead", key = "{name}", ttl = "100s", flow = flow, strategy = refresh_ahead(0.5))]
async fn ahead(flow: &CacheFlow, source: &Source, name: &str) -> Result<String, Error> {
    source.ask(name).await
}

/// The reader borrows its arguments, and does not wait all the same.
#[tokio::test]
async fn a_function_is_refreshed_while_its_callers_are_served() {
    let (clock, flow) = by_hand().await;
    let source = Source::default();
    assert_eq!(ahead(&flow, &source, "a").await.unwrap(), "a 1");
    source.0.hangs.store(true, Ordering::SeqCst);
    // Lifetimes differ by a tenth.
    clock.advance(Duration::from_secs(60));
    for _ in 0..3 {
        assert_eq!(ahead(&flow, &source, "a").await.unwrap(), "a 1");
    }
    eventually("one refresh has begun", WITHIN, async || {
        source.asked() == 2
    })
    .await;
}

#[cached(cache = "safe", key = "{name}", ttl = "100s", flow = flow,
    strategy = multi_level() + fail_safe("1h", throttle = "10s") + circuit_breaker(failures = 2, reset_after = "1m"))]
async fn safe(flow: &CacheFlow, source: &Source, name: &str) -> Result<String, Error> {
    source.ask(name).await
}

#[tokio::test]
async fn a_function_gives_old_values_and_the_errors_of_its_strategy() {
    let (clock, flow): (Clock, _) = by_hand().await;
    let source = Source::default();
    assert_eq!(safe(&flow, &source, "a").await.unwrap(), "a 1");
    source.0.fails.store(true, Ordering::SeqCst);
    clock.advance(Duration::from_secs(111));
    assert_eq!(safe(&flow, &source, "a").await.unwrap(), "a 1");
    let error = safe(&flow, &source, "b").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Backend);
    // Twice in a row: the breaker is open.
    let error = safe(&flow, &source, "c").await.unwrap_err();
    assert_eq!((error.kind(), source.asked()), (ErrorKind::BreakerOpen, 3));
}

/// No strategy of its own: it has no error for that of the cache.
#[cached(cache = "safe", key = "{name}", flow = flow)]
async fn gentle(flow: &CacheFlow, source: &Source, name: &str) -> Option<String> {
    source.ask(name).await.ok()
}

#[tokio::test]
async fn a_function_without_an_error_for_it_shares_a_cache_that_can_fail() {
    let (_clock, flow) = by_hand().await;
    let source = Source::default();
    source.0.fails.store(true, Ordering::SeqCst);
    for _ in 0..3 {
        let _ = safe(&flow, &source, "a").await.unwrap_err();
    }
    assert_eq!(source.asked(), 2, "the breaker is open");
    assert_eq!(gentle(&flow, &source, "a").await, None);
    source.0.fails.store(false, Ordering::SeqCst);
    assert_eq!(gentle(&flow, &source, "a").await.unwrap(), "a 4");
    assert_eq!(safe(&flow, &source, "a").await.unwrap(), "a 4");
}

#[cached(cache = "bounded", key = "{name}", flow = flow, strategy = hard_timeout("20ms"))]
async fn bounded(flow: &CacheFlow, source: &Source, name: &str) -> Result<String, Error> {
    source.ask(name).await
}

#[tokio::test]
async fn a_function_that_hangs_is_given_up() {
    let (_clock, flow) = by_hand().await;
    let source = Source::default();
    source.0.hangs.store(true, Ordering::SeqCst);
    let error = bounded(&flow, &source, "a").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LoadTimeout);
    source.0.hangs.store(false, Ordering::SeqCst);
    assert_eq!(bounded(&flow, &source, "a").await.unwrap(), "a 2");
}
