//! The instance without a cache: every request is a query. It is what the cache is compared with.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::instance::{Acknowledged, Instance, Invalidated, LevelStats};
use crate::shop::{OrderHistory, Product, Shop, ShopError, User};

/// An instance that asks the shop every time.
pub(crate) struct Direct {
    shop: Arc<Shop>,
    loads: AtomicU64,
}

impl Direct {
    pub(crate) fn new(shop: &Arc<Shop>) -> Self {
        Self {
            shop: Arc::clone(shop),
            loads: AtomicU64::new(0),
        }
    }

    fn shop(&self) -> &Shop {
        self.loads.fetch_add(1, Ordering::Relaxed);
        &self.shop
    }
}

impl Instance for Direct {
    async fn product(&self, id: u64) -> Result<Product, ShopError> {
        self.shop().product(id).await
    }

    async fn user(&self, id: u64) -> Result<User, ShopError> {
        self.shop().user(id).await
    }

    async fn orders_of(&self, user_id: u64) -> Result<OrderHistory, ShopError> {
        self.shop().orders_of(user_id).await
    }

    async fn changed_product(&self, _id: u64) -> Invalidated {
        Ok(Acknowledged::Everywhere)
    }

    async fn changed_user(&self, _id: u64) -> Invalidated {
        Ok(Acknowledged::Everywhere)
    }

    async fn changed_orders_of(&self, _user_id: u64) -> Invalidated {
        Ok(Acknowledged::Everywhere)
    }

    fn stats(&self) -> LevelStats {
        LevelStats {
            loads: self.loads.load(Ordering::Relaxed),
            ..LevelStats::default()
        }
    }
}
