//! Leases with something around them.

use std::sync::Arc;
use std::time::Duration;

use cacheflow::Result;
use cacheflow::lock::{Acquired, Leases};

use super::{Around, Call, Operation, around};

pub(super) struct WrappedLeases<A> {
    pub(super) inner: Arc<dyn Leases>,
    pub(super) around: Arc<A>,
}

#[async_trait::async_trait]
impl<A: Around> Leases for WrappedLeases<A> {
    async fn acquire(&self, name: &str, owner: &str, lease: Duration) -> Result<Acquired> {
        let call = Call::new(Operation::Acquire, name);
        around(&*self.around, call, self.inner.acquire(name, owner, lease)).await
    }

    async fn renew(&self, name: &str, owner: &str, lease: Duration) -> Result<bool> {
        let call = Call::new(Operation::Renew, name);
        around(&*self.around, call, self.inner.renew(name, owner, lease)).await
    }

    async fn release(&self, name: &str, owner: &str) -> Result<bool> {
        let call = Call::new(Operation::Release, name);
        around(&*self.around, call, self.inner.release(name, owner)).await
    }
}
