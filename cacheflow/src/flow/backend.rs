//! What a backend crate provides.

use std::sync::Arc;

use crate::bus::Bus;
use crate::lock::Leases;
use crate::store::SharedStore;

/// A shared store and a bus that belong together, such as one Redis.
///
/// Nothing is connected when a backend is made or given to a flow: a service
/// starts whether or not its Redis is there.
pub trait Backend: Send + Sync + 'static {
    /// The store of this namespace.
    fn store(&self, namespace: &Namespace) -> Arc<dyn SharedStore>;

    /// The bus of this namespace.
    fn bus(&self, namespace: &Namespace) -> Arc<dyn Bus>;

    /// The leases of this namespace.
    fn leases(&self, namespace: &Namespace) -> Arc<dyn Leases>;
}

/// What keeps one service's names apart from another's in the same server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Namespace {
    prefix: String,
    origin: String,
}

impl Namespace {
    /// A namespace whose names all begin with `prefix`, as seen by the node
    /// that `origin` tells from every other.
    #[must_use]
    pub fn new(prefix: impl Into<String>, origin: impl Into<String>) -> Self {
        Self {
            prefix: prefix.into(),
            origin: origin.into(),
        }
    }

    /// What stands before every name, `cacheflow:shop/` for example.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// What this node signs its messages with.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }
}
