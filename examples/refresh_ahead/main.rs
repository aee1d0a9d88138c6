//! Refresh-ahead: loaded anew before it expires, while readers are served.
//!
//! ```text
//! cargo run --example refresh_ahead
//! ```

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use anyhow::Result;
use cacheflow::clock::Clock;
use cacheflow::{Cache, CacheFlow, LoadError, Strategy};
use cacheflow_examples::Story;
use cacheflow_testkit::eventually;
use tokio::sync::Semaphore;

/// A bound against hanging.
const WITHIN: Duration = Duration::from_secs(60);

/// The source: a rate that is another each time. It takes its time: it answers as often
/// as it is let.
struct Source {
    rate: AtomicU32,
    is_down: AtomicBool,
    answers: Semaphore,
}

impl Source {
    async fn rate(&self) -> Result<u32, String> {
        if self.is_down.load(Ordering::Relaxed) {
            return Err("the source is down".to_owned());
        }
        let answer = self.answers.acquire().await.expect("it is never closed");
        answer.forget();
        Ok(self.rate.fetch_add(1, Ordering::Relaxed) + 1)
    }
}

type Rates = Cache<String, u32>;

/// By a load that goes on without its caller.
async fn read(rates: &Rates, source: &Arc<Source>) -> Result<u32, LoadError<String>> {
    let load = || {
        let source = Arc::clone(source);
        async move { source.rate().await }
    };
    rates.get_or_refresh("EUR", load).await
}

// Of one thread: what is in the background runs only while this task waits.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let mut story = Story::default();
    let source = Arc::new(Source {
        rate: AtomicU32::new(0),
        is_down: AtomicBool::new(false),
        answers: Semaphore::new(1),
    });
    let clock = Clock::manual(); // Nobody waits for a minute to pass.
    let later = |seconds| clock.advance(Duration::from_secs(seconds));
    let flow = CacheFlow::builder().clock(clock.clone()).build().await?;
    // Kept for 100 seconds, loaded anew after 80.
    let rates: Rates = flow
        .cache("rates")
        .ttl(Duration::from_secs(100))
        .ttl_jitter(0.0)
        .strategy(Strategy::multi_level().refresh_ahead(0.8))
        .build()?;
    let refreshes = async |done: u64| {
        eventually("the refresh has ended", WITHIN, async || {
            rates.stats().refreshed == done
        })
        .await;
    };

    let first = read(&rates, &source).await?;
    story.step(" 0 s: read", format!("rate {first}, loaded"));
    later(50);
    let fresh = read(&rates, &source).await?;
    story.step("50 s: read", format!("rate {fresh}, from memory"));
    assert_eq!((first, fresh), (1, 1));

    // Due: one reader starts a load, and all get what is there.
    later(35);
    for _ in 0..100 {
        assert_eq!(read(&rates, &source).await?, 1);
    }
    eventually("a load is under way", WITHIN, async || {
        rates.stats().loads == 2
    })
    .await;
    story.step(
        "85 s: a hundred readers",
        "rate 1 for all; one load is under way",
    );
    source.answers.add_permits(1);
    refreshes(1).await;
    let new = read(&rates, &source).await?;
    story.step("85 s: the load has ended; read", format!("rate {new}"));
    assert_eq!((new, rates.stats().loads), (2, 2));

    // A refresh that fails leaves the value. It is tried again after a pause.
    source.is_down.store(true, Ordering::Relaxed);
    later(82);
    let old = read(&rates, &source).await?;
    eventually("the refresh has failed", WITHIN, async || {
        rates.stats().refresh_failures == 1
    })
    .await;
    story.step(
        "167 s: the source is down; read",
        format!("rate {old}, its refresh fails"),
    );
    source.is_down.store(false, Ordering::Relaxed);
    source.answers.add_permits(1);
    later(10);
    let old_still = read(&rates, &source).await?;
    refreshes(2).await;
    let new = read(&rates, &source).await?;
    story.step(
        "177 s: the source is back; read twice",
        format!("rate {old_still}, then rate {new}"),
    );
    assert_eq!((old, old_still, new), (2, 2, 3));

    // Without readers nothing is loaded, and the value expires.
    later(101);
    source.answers.add_permits(1);
    let last = read(&rates, &source).await?;
    story.step(
        "278 s: nobody has read for long; read",
        format!("rate {last}, loaded while the reader waits"),
    );
    assert_eq!((last, rates.stats().refreshed), (4, 2));
    Ok(())
}
