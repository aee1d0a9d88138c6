//! Two nodes: one that forgets, and one that has it in memory and is told.

use std::future::Future;
use std::sync::Arc;

mod amalgam;
mod bare;
mod multi_tier;
mod ours;

pub(crate) use amalgam::Amalgam;
pub(crate) use bare::Bare;
pub(crate) use multi_tier::MultiTier;
pub(crate) use ours::Ours;

/// What two nodes are, for a candidate.
pub(crate) trait Pair: 'static {
    /// What tables call it.
    const NAME: &'static str;
    /// The crate whose version tables name.
    const CRATE: &'static str;

    type Near: Near;
    type Far: Far;

    fn near(url: &str) -> impl Future<Output = Self::Near> + Send;

    fn far(url: &str) -> impl Future<Output = Self::Far> + Send;
}

/// The node that forgets.
pub(crate) trait Near: Clone + Send + Sync + 'static {
    /// Whether it can forget many keys in one call.
    const FORGETS_MANY: bool;

    fn forget(&self, key: &str) -> impl Future<Output = ()> + Send;

    fn forget_many(&self, keys: &[String]) -> impl Future<Output = ()> + Send {
        async move {
            assert_eq!(keys.len(), 1, "many at once");
            self.forget(&keys[0]).await;
        }
    }
}

/// The node that is told.
pub(crate) trait Far: Send + 'static {
    /// Takes these keys into its memory.
    fn take(&mut self, keys: &[String]) -> impl Future<Output = ()> + Send;

    /// Whether this key is in its memory, which asks nobody else.
    fn holds(&mut self, key: &str) -> impl Future<Output = bool> + Send;

    /// Returns when it may hold less than before.
    fn news(&mut self) -> impl Future<Output = ()> + Send;
}

/// A node with a way to forget much at once: a tag, or what comes next to it.
pub(crate) trait Tagged: Pair {
    /// Keeps values under these keys that are forgotten together.
    fn fill(near: &Self::Near, keys: &[String]) -> impl Future<Output = ()> + Send;

    /// Forgets them.
    fn forget_all(near: &Self::Near) -> impl Future<Output = ()> + Send;

    /// What is in the far node's memory is forgotten with them.
    fn take_tagged(far: &mut Self::Far, keys: &[String]) -> impl Future<Output = ()> + Send {
        far.take(keys)
    }
}

/// The tag, and the beginning of all keys that carry it.
pub(crate) const TAG: &str = "tagged";

/// So many keys.
pub(crate) fn keys(what: &str, number: usize) -> Arc<[String]> {
    (0..number).map(|key| format!("{what}:{key:07}")).collect()
}
