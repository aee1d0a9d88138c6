//! A shared store with something around it.

use std::sync::Arc;

use bytes::Bytes;
use cacheflow::Result;
use cacheflow::event::Position;
use cacheflow::key::{CacheName, FullKey};
use cacheflow::store::{Fill, Filled, Put, Recorded, SharedStore, Stored};

use super::{Around, Call, Operation};

pub(super) struct WrappedStore<A> {
    pub(super) inner: Arc<dyn SharedStore>,
    pub(super) around: Arc<A>,
}

impl<A: Around> WrappedStore<A> {
    async fn call<T>(
        &self,
        call: Call,
        operation: impl Future<Output = Result<T>> + Send,
    ) -> Result<T> {
        self.around.before(&call).await?;
        let answer = operation.await;
        self.around.after(&call).await?;
        answer
    }
}

#[async_trait::async_trait]
impl<A: Around> SharedStore for WrappedStore<A> {
    fn name(&self) -> String {
        self.inner.name()
    }

    async fn ping(&self) -> Result<()> {
        let call = Call::new(Operation::Ping, "");
        self.call(call, self.inner.ping()).await
    }

    async fn get(&self, key: &FullKey) -> Result<Option<Stored>> {
        let call = Call::new(Operation::Get, key);
        self.call(call, self.inner.get(key)).await
    }

    async fn fill(&self, fill: Fill<'_>) -> Result<Filled> {
        let call = Call::new(Operation::Fill, fill.key);
        self.call(call, self.inner.fill(fill)).await
    }

    async fn put(&self, put: Put<'_>) -> Result<Recorded> {
        let call = Call::new(Operation::Put, put.key);
        self.call(call, self.inner.put(put)).await
    }

    async fn forget(&self, keys: &[FullKey], known: Option<Position>) -> Result<Recorded> {
        let names: Vec<_> = keys.iter().map(FullKey::as_str).collect();
        let call = Call::new(Operation::Forget, names.join(" "));
        self.call(call, self.inner.forget(keys, known)).await
    }

    async fn clear(&self, cache: &CacheName, known: Option<Position>) -> Result<Recorded> {
        let call = Call::new(Operation::Clear, cache);
        self.call(call, self.inner.clear(cache, known)).await
    }

    async fn sweep(&self, cache: &CacheName, cursor: u64) -> Result<Option<u64>> {
        let call = Call::new(Operation::Sweep, cache);
        self.call(call, self.inner.sweep(cache, cursor)).await
    }

    async fn discard(&self, key: &FullKey, bytes: &Bytes) -> Result<()> {
        let call = Call::new(Operation::Discard, key);
        self.call(call, self.inner.discard(key, bytes)).await
    }
}
