//! An instance with a cache for products, which can be told to be wrong: a judge is worth what it finds.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, Weak};

use crate::direct::Direct;
use crate::instance::{Acknowledged, Instance, Invalidated, LevelStats};
use crate::shop::{OrderHistory, Product, Shop, ShopError, User};

/// What is wrong with a cache.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Fault {
    Nothing,
    /// It says that it has forgotten, and has not.
    ForgetsNothing,
    /// It forgets, and no other instance ever hears of it.
    TellsNobody,
    /// The same, and it says so.
    OnlyHere,
    /// Invalidations fail.
    CannotForget,
    /// Reads never come back.
    Hangs,
    /// Reads panic.
    Panics,
}

pub(super) struct Fake {
    direct: Direct,
    products: Mutex<HashMap<u64, Slot>>,
    others: OnceLock<Vec<Weak<Fake>>>,
    fault: Fault,
}

#[derive(Default)]
struct Slot {
    forgotten: u64,
    product: Option<Product>,
}

impl Fake {
    pub(super) fn several(count: usize, shop: &Arc<Shop>, fault: Fault) -> Vec<Arc<Self>> {
        let one = || {
            Arc::new(Self {
                direct: Direct::new(shop),
                products: Mutex::default(),
                others: OnceLock::new(),
                fault,
            })
        };
        let all = (0..count).map(|_| one()).collect::<Vec<_>>();
        for this in &all {
            let others = all.iter().filter(|other| !Arc::ptr_eq(this, other));
            this.others
                .get_or_init(|| others.map(Arc::downgrade).collect());
        }
        all
    }

    fn forget(&self, id: u64) {
        let mut products = self.products.lock().unwrap();
        let slot = products.entry(id).or_default();
        slot.forgotten += 1;
        slot.product = None;
    }
}

impl Instance for Fake {
    async fn product(&self, id: u64) -> Result<Product, ShopError> {
        match self.fault {
            Fault::Hangs => std::future::pending().await,
            Fault::Panics => panic!("as it was told to"),
            _ => {}
        }
        let before = {
            let mut products = self.products.lock().unwrap();
            let slot = products.entry(id).or_default();
            if let Some(product) = &slot.product {
                return Ok(product.clone());
            }
            slot.forgotten
        };
        let product = self.direct.product(id).await?;
        let mut products = self.products.lock().unwrap();
        let slot = products.entry(id).or_default();
        if slot.forgotten == before {
            slot.product = Some(product.clone());
        }
        Ok(product)
    }

    async fn user(&self, id: u64) -> Result<User, ShopError> {
        self.direct.user(id).await
    }

    async fn orders_of(&self, user_id: u64) -> Result<OrderHistory, ShopError> {
        self.direct.orders_of(user_id).await
    }

    async fn changed_product(&self, id: u64) -> Invalidated {
        match self.fault {
            Fault::ForgetsNothing => return Ok(Acknowledged::Everywhere),
            Fault::CannotForget => return Err("it cannot forget".into()),
            _ => self.forget(id),
        }
        if self.fault == Fault::OnlyHere {
            return Ok(Acknowledged::OnlyHere);
        }
        if self.fault != Fault::TellsNobody {
            let others = self.others.get().into_iter().flatten();
            others
                .filter_map(Weak::upgrade)
                .for_each(|other| other.forget(id));
        }
        Ok(Acknowledged::Everywhere)
    }

    async fn changed_user(&self, _id: u64) -> Invalidated {
        Ok(Acknowledged::Everywhere)
    }

    async fn changed_orders_of(&self, _user_id: u64) -> Invalidated {
        Ok(Acknowledged::Everywhere)
    }

    fn stats(&self) -> LevelStats {
        self.direct.stats()
    }
}
