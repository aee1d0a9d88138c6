//! Write-through: the source first, then the cache, in one call.
//!
//! ```text
//! cargo run --example write_through
//! ```

use std::collections::HashMap;
use std::sync::Mutex;

use anyhow::Result;
use cacheflow::{Cache, CacheFlow, Level};
use cacheflow_examples::Story;

/// The source: prices in cents by product.
#[derive(Default)]
struct Source(Mutex<HashMap<u64, u32>>);

impl Source {
    async fn price(&self, product: u64) -> Result<u32, String> {
        let price = self.0.lock().expect("nobody panics").get(&product).copied();
        price.ok_or(format!("no product {product}"))
    }

    /// Writes, and gives what stands there now.
    async fn set(&self, product: u64, price: u32) -> Result<u32, String> {
        self.0.lock().expect("nobody panics").insert(product, price);
        Ok(price)
    }
}

/// Reads a price, and tells where it came from.
async fn read(prices: &Cache<u64, u32>, source: &Source, product: u64) -> Result<(u32, Level)> {
    let found = prices.entry(&product);
    let found = found.load(async |_| source.price(product).await).await;
    let found = found.map_err(anyhow::Error::msg)?;
    Ok((found.value, found.level))
}

fn shown((price, level): (u32, Level)) -> String {
    format!("{price} (from: {level})")
}

#[tokio::main]
async fn main() -> Result<()> {
    let mut story = Story::default();
    let source = Source::default();
    let flow = CacheFlow::builder().build().await?;
    let prices: Cache<u64, u32> = flow.cache("prices").build()?;

    // The writer writes to the source; what it gives is kept on all levels.
    let written = prices.write_through(&1, || source.set(1, 100)).await;
    let written = written.map_err(anyhow::Error::msg)?;
    story.step(
        "write 100 for product 1",
        format!("the source has it; kept: {}", written.kept),
    );
    assert!(written.kept);
    let found = read(&prices, &source, 1).await?;
    story.step("read product 1", shown(found));
    assert_eq!(found, (100, Level::Memory));

    // What was kept is replaced, and no reader loads.
    let written = prices.write_through(&1, || source.set(1, 110)).await;
    assert!(written.is_ok_and(|written| written.kept));
    let found = read(&prices, &source, 1).await?;
    story.step("write 110; read", shown(found));
    assert_eq!(found, (110, Level::Memory));

    // The source has it, but its answer is lost: nobody knows, so the key is forgotten.
    let failed = prices
        .write_through(&1, async || {
            source.set(1, 120).await?;
            Err::<u32, _>("the connection broke".to_owned())
        })
        .await;
    let error = failed.expect_err("the writer failed");
    story.step("write 120, the answer is lost", format!("error: {error}"));
    let found = read(&prices, &source, 1).await?;
    story.step("read", shown(found));
    assert_eq!(found, (120, Level::Source));

    // Two writers that overlap: whose value the source has in the end, only the source knows.
    let outer = prices
        .write_through(&1, async || {
            let first = source.set(1, 130).await?;
            let inner = prices.write_through(&1, || source.set(1, 140)).await?;
            story.step(
                "a second writer writes 140 within a first",
                format!("kept: {}", inner.kept),
            );
            Ok::<_, String>(first)
        })
        .await
        .map_err(anyhow::Error::msg)?;
    story.step(
        "the first ends, with 130",
        format!("kept: {}, the key is forgotten", outer.kept),
    );
    assert!(!outer.kept);
    let found = read(&prices, &source, 1).await?;
    story.step("read", shown(found));
    assert_eq!(found, (140, Level::Source));

    // One transaction over two products.
    let written = prices
        .write_through_many([&1, &2], async || {
            Ok::<_, String>(vec![
                (0, source.set(1, 150).await?),
                (1, source.set(2, 250).await?),
            ])
        })
        .await
        .map_err(anyhow::Error::msg)?;
    let kept = written.iter().filter(|written| written.kept).count();
    story.step("write products 1 and 2 in one", format!("kept: {kept}"));
    assert_eq!(kept, 2);
    for (product, price) in [(1, 150), (2, 250)] {
        let found = read(&prices, &source, product).await?;
        story.step(&format!("read product {product}"), shown(found));
        assert_eq!(found, (price, Level::Memory));
    }
    Ok(())
}
