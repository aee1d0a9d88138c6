//! Wrappers around a backend: what is done before and after each operation.
//!
//! [`Around`] is one wrapper's part in it. [`Wrapped`] puts it around every
//! operation of a backend's stores and leases, and around everything that its buses
//! tell.

mod bus;
mod call;
mod lock;
mod store;

use std::sync::Arc;

use cacheflow::bus::Bus;
use cacheflow::lock::Leases;
use cacheflow::store::SharedStore;
use cacheflow::{Backend, Namespace, Result};

pub use call::{Call, Operation};

use bus::WrappedBus;
use lock::WrappedLeases;
use store::WrappedStore;

/// What a wrapper does around an operation.
#[async_trait::async_trait]
pub(crate) trait Around: Send + Sync + 'static {
    /// Before it; an error is returned in its place, and it does not happen.
    async fn before(&self, call: &Call) -> Result<()>;

    /// After it has happened; an error is returned in place of its answer.
    async fn after(&self, call: &Call) -> Result<()>;
}

/// An operation with what `a` does around it.
async fn around<T>(
    a: &impl Around,
    call: Call,
    operation: impl Future<Output = Result<T>> + Send,
) -> Result<T> {
    a.before(&call).await?;
    let answer = operation.await;
    a.after(&call).await?;
    answer
}

/// A backend with something around it.
pub(crate) struct Wrapped<B, A> {
    inner: B,
    around: Arc<A>,
}

impl<B: Clone, A> Clone for Wrapped<B, A> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            around: Arc::clone(&self.around),
        }
    }
}

impl<B, A> Wrapped<B, A> {
    pub(crate) fn new(inner: B, around: A) -> Self {
        Self {
            inner,
            around: Arc::new(around),
        }
    }

    pub(crate) fn around(&self) -> &Arc<A> {
        &self.around
    }
}

impl<B: Backend, A: Around> Backend for Wrapped<B, A> {
    fn store(&self, namespace: &Namespace) -> Arc<dyn SharedStore> {
        Arc::new(WrappedStore {
            inner: self.inner.store(namespace),
            around: Arc::clone(&self.around),
        })
    }

    fn bus(&self, namespace: &Namespace) -> Arc<dyn Bus> {
        Arc::new(WrappedBus {
            inner: self.inner.bus(namespace),
            around: Arc::clone(&self.around),
        })
    }

    fn leases(&self, namespace: &Namespace) -> Arc<dyn Leases> {
        Arc::new(WrappedLeases {
            inner: self.inner.leases(namespace),
            around: Arc::clone(&self.around),
        })
    }
}

/// The parts that every wrapper has: it is a backend as well, and its clones
/// steer the same one.
macro_rules! wrapper {
    ($name:ident around $around:ty) => {
        impl<B: Clone> Clone for $name<B> {
            fn clone(&self) -> Self {
                Self(self.0.clone())
            }
        }

        impl<B: cacheflow::Backend> cacheflow::Backend for $name<B> {
            fn store(
                &self,
                namespace: &cacheflow::Namespace,
            ) -> std::sync::Arc<dyn cacheflow::store::SharedStore> {
                self.0.store(namespace)
            }

            fn bus(
                &self,
                namespace: &cacheflow::Namespace,
            ) -> std::sync::Arc<dyn cacheflow::bus::Bus> {
                self.0.bus(namespace)
            }

            fn leases(
                &self,
                namespace: &cacheflow::Namespace,
            ) -> std::sync::Arc<dyn cacheflow::lock::Leases> {
                self.0.leases(namespace)
            }
        }

        impl<B> std::fmt::Debug for $name<B> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    };
}
pub(crate) use wrapper;
