//! A task that changes rows.

use std::sync::Arc;
use std::time::Instant;

use super::Tally;
use super::run::{Phase, Scene};
use crate::instance::{Instance, Invalidated};
use crate::item::Item;
use crate::random::Random;
use crate::shop::{NewLine, ShopError};

/// The first of the streams of random numbers that writers draw from, one each.
const WRITERS: u64 = 1_000;

/// Changes a row at regular intervals until the time is up.
pub(super) async fn work<I: Instance>(phase: Arc<Phase<I>>, number: usize) -> Tally {
    let scene = &*phase.scene;
    let on = number % scene.instances.len();
    let mut random = Random::new(phase.load.seed, WRITERS + number as u64);
    let mut tally = Tally::new();
    let mut next = Instant::now();
    loop {
        next = (next + phase.load.change_every).max(Instant::now());
        if next >= phase.ends {
            return tally;
        }
        tokio::time::sleep_until(next.into()).await;

        let item = scene.sequence.any_item(&mut random);
        // The change is committed first and invalidated then. The other way round, a reader between the two would load the
        // old row and keep it, and nothing would ever tell it that the row has changed.
        let version = match change(scene, item, &mut random).await {
            Ok(version) => version,
            Err(error) => {
                tally.failed(error);
                continue;
            }
        };
        match invalidate(&*scene.instances[on], item).await {
            Ok(reach) => {
                scene.oracle.invalidated(item, version, on, reach);
                tally.changed(reach);
            }
            Err(error) => tally.failed(error),
        }
    }
}

/// Changes the row, and returns its new version.
async fn change<I>(scene: &Scene<I>, item: Item, random: &mut Random) -> Result<u64, ShopError> {
    match item {
        Item::Product(id) => {
            let price_cents = 500 + random.below(50_000);
            scene.shop.change_price(id.into(), price_cents).await
        }
        Item::User(id) => {
            let name = format!("Customer {}", random.below(1_000_000));
            scene.shop.rename_user(id.into(), name).await
        }
        Item::OrdersOf(id) => {
            let lines = (0..=random.below(3))
                .map(|_| NewLine {
                    product_id: u64::from(1 + random.below(scene.size.products)),
                    quantity: 1 + random.below(3),
                })
                .collect();
            scene.shop.place_order(id.into(), lines).await
        }
    }
}

async fn invalidate<I: Instance>(instance: &I, item: Item) -> Invalidated {
    match item {
        Item::Product(id) => instance.changed_product(id.into()).await,
        Item::User(id) => instance.changed_user(id.into()).await,
        Item::OrdersOf(id) => instance.changed_orders_of(id.into()).await,
    }
}
