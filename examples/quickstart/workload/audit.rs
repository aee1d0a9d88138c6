//! The last word: when nobody writes any more, what every instance answers is compared with the database, field by field.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::run::{Load, Scene};
use crate::instance::Instance;
use crate::item::Item;
use crate::shop::{Shop, ShopError};

/// So many changed rows are compared at most, evenly chosen.
const MOST_ROWS: usize = 2_000;

/// Between two looks at a row whose news is still on its way.
const PAUSE: Duration = Duration::from_millis(10);

/// How the instances compare with the database.
#[derive(Clone, Debug, Default)]
pub(crate) struct Audit {
    pub(crate) compared: u64,
    pub(crate) differ: u64,
    /// Why the comparison ended early.
    pub(crate) failure: Option<String>,
}

/// Compares every row that was changed, on every instance. A difference on one instance of several may be news on its way, so
/// it counts only if it lasts longer than `grace`; a single instance has no such excuse.
pub(crate) async fn compare<I: Instance>(
    scene: &Arc<Scene<I>>,
    load: &Load,
    grace: Duration,
) -> Audit {
    let excused_until = Instant::now() + grace;
    let mut audit = Audit::default();
    let changed = scene.oracle.changed();
    for &item in changed
        .iter()
        .step_by(changed.len().div_ceil(MOST_ROWS).max(1))
    {
        for instance in &scene.instances {
            let looking = agrees(&**instance, &scene.shop, item, excused_until);
            match tokio::time::timeout(grace + load.patience, looking).await {
                Ok(Ok(agrees)) => {
                    audit.compared += 1;
                    audit.differ += u64::from(!agrees);
                }
                Ok(Err(error)) => audit.failure = Some(error.to_string()),
                Err(_) => audit.failure = Some(format!("no answer for {item:?}")),
            }
            if audit.failure.is_some() {
                return audit;
            }
        }
    }
    audit
}

async fn agrees<I: Instance>(
    instance: &I,
    shop: &Shop,
    item: Item,
    excused_until: Instant,
) -> Result<bool, ShopError> {
    loop {
        let agrees = match item {
            Item::Product(id) => {
                instance.product(id.into()).await? == shop.product(id.into()).await?
            }
            Item::User(id) => instance.user(id.into()).await? == shop.user(id.into()).await?,
            Item::OrdersOf(id) => {
                instance.orders_of(id.into()).await? == shop.orders_of(id.into()).await?
            }
        };
        if agrees || Instant::now() >= excused_until {
            return Ok(agrees);
        }
        tokio::time::sleep(PAUSE).await;
    }
}
