//! Circuit breaker: a source that fails is left alone, and old values stand in.
//!
//! ```text
//! cargo run --example circuit_breaker
//! ```

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Result;
use cacheflow::clock::Clock;
use cacheflow::{Cache, CacheFlow, CircuitBreaker, Event, Events, LoadError, Strategy};
use cacheflow_examples::Story;

/// The source: it counts how often it is asked.
#[derive(Default)]
struct Source {
    asked: AtomicU64,
    is_down: AtomicBool,
}

impl Source {
    async fn price(&self, product: u64) -> Result<u64, String> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        if self.is_down.load(Ordering::Relaxed) {
            return Err("the source is down".to_owned());
        }
        Ok(product * 100)
    }
}

struct Shop {
    prices: Cache<u64, u64>,
    source: Source,
    events: Events,
}

impl Shop {
    /// Reads a price, and tells all that is to be seen of it.
    async fn read(&mut self, product: u64) -> String {
        let before = self.source.asked.load(Ordering::Relaxed);
        let found = self.prices.entry(&product);
        let found = found.load(async |_| self.source.price(product).await);
        let mut said = match found.await {
            Ok(found) if found.stale => format!("{}, old", found.value),
            Ok(found) => format!("{}", found.value),
            Err(LoadError::BreakerOpen) => "error: the breaker is open".to_owned(),
            Err(error) => format!("error: {error}"),
        };
        if self.source.asked.load(Ordering::Relaxed) > before {
            said += "; the source was asked";
        }
        while let Some(Ok(event)) = self.events.try_next() {
            said += match event {
                Event::BreakerOpened { .. } => "; the breaker opens",
                Event::BreakerHalfOpened { .. } => "; the breaker lets one load try",
                Event::BreakerClosed { .. } => "; the breaker closes",
                _ => "",
            };
        }
        said
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let clock = Clock::manual(); // Nobody waits for a minute to pass.
    let later = |seconds| clock.advance(Duration::from_secs(seconds));
    let flow = CacheFlow::builder().clock(clock.clone()).build().await?;
    let breaker = CircuitBreaker::new()
        .failures(3)
        .reset_after(Duration::from_secs(30))
        .stale_ttl(Duration::from_secs(3_600));
    let prices = flow
        .cache("prices")
        .ttl(Duration::from_secs(60))
        .ttl_jitter(0.0)
        .strategy(Strategy::multi_level().circuit_breaker(breaker))
        .build()?;
    let mut shop = Shop {
        prices,
        source: Source::default(),
        events: flow.events(),
    };
    let mut story = Story::default();
    let mut tell = |what: &str, said: String, expected: &str| {
        story.step(what, &said);
        assert_eq!(said, expected, "{what}");
    };

    let said = shop.read(7).await;
    tell("read product 7", said, "700; the source was asked");

    // Its lifetime is over, and the source fails: the old value stands in.
    later(61);
    shop.source.is_down.store(true, Ordering::Relaxed);
    for end in ["", "", "; the breaker opens"] {
        let expected = format!("700, old; the source was asked{end}");
        let said = shop.read(7).await;
        tell("the source is down; read product 7", said, &expected);
    }

    // Three failures in a row: now it is left alone.
    let said = shop.read(7).await;
    tell("read product 7", said, "700, old");
    let said = shop.read(8).await;
    let expected = "error: the breaker is open";
    tell("read product 8, of which nothing is kept", said, expected);

    // After `reset_after` one load tries.
    later(30);
    let said = shop.read(7).await;
    let expected =
        "700, old; the source was asked; the breaker lets one load try; the breaker opens";
    tell("30 s later; read product 7", said, expected);

    later(30);
    shop.source.is_down.store(false, Ordering::Relaxed);
    let said = shop.read(7).await;
    let expected = "700; the source was asked; the breaker lets one load try; the breaker closes";
    tell("30 s later the source is back; product 7", said, expected);
    let said = shop.read(8).await;
    tell("read product 8", said, "800; the source was asked");

    let stats = shop.prices.stats();
    let asked = shop.source.asked.load(Ordering::Relaxed);
    let (stale, refused) = (stats.stale, stats.breaker_refusals);
    tell(
        "all in all",
        format!("asked {asked} times, {stale} times an old value stood in, {refused} refused"),
        "asked 7 times, 5 times an old value stood in, 2 refused",
    );
    Ok(())
}
