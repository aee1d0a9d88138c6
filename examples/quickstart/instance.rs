//! One instance of the service, as the workload sees it: the seam between what is measured and how it is measured.

use std::error::Error;
use std::ops::Add;

use crate::shop::{OrderHistory, Product, ShopError, User};

/// One instance of the service: it answers three questions, and is told when an answer became old.
///
/// The `changed_…` functions are called strictly after the change is committed. They return once the instance has forgotten
/// what it knew, and say how far the news got.
pub(crate) trait Instance: Send + Sync + 'static {
    /// One product.
    fn product(&self, id: u64) -> impl Future<Output = Result<Product, ShopError>> + Send;

    /// One user.
    fn user(&self, id: u64) -> impl Future<Output = Result<User, ShopError>> + Send;

    /// The newest orders of one user.
    fn orders_of(
        &self,
        user_id: u64,
    ) -> impl Future<Output = Result<OrderHistory, ShopError>> + Send;

    /// The product has changed.
    fn changed_product(&self, id: u64) -> impl Future<Output = Invalidated> + Send;

    /// The user has changed.
    fn changed_user(&self, id: u64) -> impl Future<Output = Invalidated> + Send;

    /// The orders of the user have changed.
    fn changed_orders_of(&self, user_id: u64) -> impl Future<Output = Invalidated> + Send;

    /// Where the answers came from so far.
    fn stats(&self) -> LevelStats;
}

/// An invalidation that was carried out, or why it was not.
pub(crate) type Invalidated = Result<Acknowledged, Box<dyn Error + Send + Sync>>;

/// How far an invalidation got before its call returned.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Acknowledged {
    /// This instance and the shared level have forgotten; the others are being told.
    Everywhere,
    /// Only this instance has forgotten: the shared level is away, and will be told when it is back.
    OnlyHere,
}

/// How many requests each level answered. A request that waited for another one's answer counts at no level.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct LevelStats {
    pub(crate) memory_hits: u64,
    pub(crate) shared_hits: u64,
    pub(crate) loads: u64,
}

impl Add for LevelStats {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            memory_hits: self.memory_hits + other.memory_hits,
            shared_hits: self.shared_hits + other.shared_hits,
            loads: self.loads + other.loads,
        }
    }
}
