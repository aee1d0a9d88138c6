//! A task that reads.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use super::Tally;
use super::run::Phase;
use crate::instance::Instance;
use crate::item::Item;
use crate::shop::ShopError;

/// How many requests of the sequence a reader takes at once.
const TAKEN: u64 = 16;

/// Asks for one item after another until the time is up.
pub(super) async fn work<I: Instance>(phase: Arc<Phase<I>>, number: usize) -> Tally {
    let scene = &phase.scene;
    let on = number % scene.instances.len();
    let instance = &*scene.instances[on];
    let mut tally = Tally::new();
    loop {
        let first = phase.cursor.fetch_add(TAKEN, Ordering::Relaxed);
        for request in first..first + TAKEN {
            let item = scene.sequence.item(request);
            let began = Instant::now();
            if began >= phase.ends {
                return tally;
            }
            match version_of(instance, item).await {
                Ok(version) => {
                    let took = began.elapsed();
                    tally.answered(took, scene.oracle.judge(item, version, on, began));
                }
                Err(error) => tally.failed(error),
            }
        }
        // Answers from memory never wait, and a task that never waits keeps its thread from all others, writers included.
        tokio::task::yield_now().await;
    }
}

async fn version_of<I: Instance>(instance: &I, item: Item) -> Result<u64, ShopError> {
    Ok(match item {
        Item::Product(id) => instance.product(id.into()).await?.version,
        Item::User(id) => instance.user(id.into()).await?.version,
        Item::OrdersOf(id) => instance.orders_of(id.into()).await?.version,
    })
}
