//! Write-behind: the cache first; the source later, in batches.
//!
//! ```text
//! cargo run --example write_behind
//! ```

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context, Result};
use cacheflow::{CacheFlow, Event, Strategy, WriteBehind};
use cacheflow_examples::Story;
use cacheflow_testkit::eventually;

/// A bound against hanging.
const WITHIN: Duration = Duration::from_secs(60);

/// The source: how often each page was visited. It remembers the sizes of the batches.
#[derive(Default)]
struct Source {
    visits: Mutex<BTreeMap<u64, u64>>,
    batches: Mutex<Vec<usize>>,
    is_down: AtomicBool,
}

impl Source {
    /// It may be given a value twice: the newer takes the older's place.
    async fn write(&self, batch: Vec<(u64, u64)>) -> Result<(), String> {
        if self.is_down.load(Ordering::Relaxed) {
            return Err("the source is down".to_owned());
        }
        self.batches
            .lock()
            .expect("nobody panics")
            .push(batch.len());
        self.visits.lock().expect("nobody panics").extend(batch);
        Ok(())
    }

    fn visits(&self) -> Vec<(u64, u64)> {
        let visits = self.visits.lock().expect("nobody panics");
        visits.iter().map(|(page, count)| (*page, *count)).collect()
    }

    fn batches(&self) -> Vec<usize> {
        self.batches.lock().expect("nobody panics").clone()
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let mut story = Story::default();
    let source = Arc::new(Source::default());
    let flow = CacheFlow::builder().build().await?;
    // Written when three wait, or after an hour.
    let behind = WriteBehind::new()
        .batch(3)
        .flush_every(Duration::from_secs(3_600));
    let visits = flow
        .cache::<u64, u64>("visits")
        .strategy(Strategy::multi_level().write_behind(behind))
        .build_with_writer({
            let source = Arc::clone(&source);
            move |batch| {
                let source = Arc::clone(&source);
                async move { source.write(batch).await }
            }
        })?;

    // Everybody reads it at once; the source does not have it yet.
    let _ = visits.write(&1, 10).await?;
    let _ = visits.write(&2, 20).await?;
    let (read, source_has) = (visits.get(&1).await, source.visits());
    story.step(
        "write pages 1 and 2; read page 1",
        format!("{read:?}, the source has {}", source_has.len()),
    );
    assert_eq!((read, source_has.len()), (Some(10), 0));

    // Of the values of a key that come while one waits, only the newest is written.
    let _ = visits.write(&1, 11).await?;
    let waits = visits.pending();
    story.step("write page 1 again", format!("{waits} keys wait"));
    assert_eq!(waits, 2);

    // The third key fills the batch.
    let _ = visits.write(&3, 30).await?;
    eventually("the batch is written", WITHIN, async || {
        visits.pending() == 0
    })
    .await;
    story.step(
        "write page 3: the batch is full",
        format!("the source has {:?}", source.visits()),
    );
    assert_eq!(source.visits(), [(1, 11), (2, 20), (3, 30)]);
    assert_eq!(source.batches(), [3]);

    // Or somebody asks for it.
    let _ = visits.write(&4, 40).await?;
    visits.flush().await;
    story.step("write page 4; flush", format!("{} wait", visits.pending()));
    assert_eq!(source.batches(), [3, 1]);

    // What the source refuses waits, is read, and is tried again.
    let mut events = flow.events();
    source.is_down.store(true, Ordering::Relaxed);
    for page in [5, 6, 7] {
        let _ = visits.write(&page, page * 10).await?;
    }
    let error = loop {
        let event = events.next().await.context("the flow lives")?;
        if let Ok(Event::WriteFailed { error, .. }) = event {
            break error;
        }
    };
    story.step(
        "the source is down; write pages 5 to 7",
        format!("event: {error}; {} wait", visits.pending()),
    );
    assert_eq!(visits.pending(), 3);
    let read = visits.get(&6).await;
    story.step("read page 6", format!("{read:?}"));
    assert_eq!(read, Some(60));

    // A flow that ends writes what waits.
    source.is_down.store(false, Ordering::Relaxed);
    flow.shutdown(WITHIN).await?;
    story.step(
        "the source is back; the flow shuts down",
        format!("the source has {} pages", source.visits().len()),
    );
    assert_eq!(source.visits().len(), 7);
    assert_eq!(source.batches(), [3, 1, 3]);
    Ok(())
}
