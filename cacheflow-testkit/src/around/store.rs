//! A shared store with something around it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use cacheflow::Result;
use cacheflow::event::{Change, Position, Record};
use cacheflow::key::FullKey;
use cacheflow::store::{
    Fill, Filled, NodeAt, Put, Reclaimed, Recorded, Relations, SharedStore, Since, Stored,
};

use super::{Around, Call, Operation, around};

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
        around(&*self.around, call, operation).await
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

    async fn get_many(&self, keys: &[&FullKey]) -> Result<Vec<Option<Stored>>> {
        let about: Vec<&str> = keys.iter().map(|key| key.as_str()).collect();
        let call = Call::new(Operation::GetMany, about.join(" "));
        self.call(call, self.inner.get_many(keys)).await
    }

    async fn touch(&self, key: &FullKey, front: &[u8], lifetime: Duration) -> Result<bool> {
        let call = Call::new(Operation::Touch, key);
        self.call(call, self.inner.touch(key, front, lifetime))
            .await
    }

    async fn fill(&self, fill: Fill<'_>) -> Result<Filled> {
        let call = Call::new(Operation::Fill, fill.key);
        self.call(call, self.inner.fill(fill)).await
    }

    async fn fill_many(&self, fills: &[Fill<'_>]) -> Result<Vec<Filled>> {
        let about: Vec<&str> = fills.iter().map(|fill| fill.key.as_str()).collect();
        let call = Call::new(Operation::FillMany, about.join(" "));
        self.call(call, self.inner.fill_many(fills)).await
    }

    async fn put(&self, put: Put<'_>) -> Result<Recorded> {
        let call = Call::new(Operation::Put, put.key);
        self.call(call, self.inner.put(put)).await
    }

    async fn record(&self, change: &Change, known: Option<Position>) -> Result<Recorded> {
        let call = Call::new(Operation::Record, about(change));
        self.call(call, self.inner.record(change, known)).await
    }

    async fn reclaim(&self, record: &Record, cursor: &str) -> Result<Reclaimed> {
        let call = Call::new(Operation::Reclaim, about(&record.change));
        self.call(call, self.inner.reclaim(record, cursor)).await
    }

    async fn since(&self, known: Option<Position>) -> Result<Since> {
        let number = known.map_or(String::new(), |known| known.number.to_string());
        let call = Call::new(Operation::Since, number);
        self.call(call, self.inner.since(known)).await
    }

    async fn nodes(&self) -> Result<Vec<NodeAt>> {
        let call = Call::new(Operation::Nodes, "");
        self.call(call, self.inner.nodes()).await
    }

    async fn relations(&self, key: &FullKey) -> Result<Relations> {
        let call = Call::new(Operation::Relations, key);
        self.call(call, self.inner.relations(key)).await
    }

    async fn discard(&self, key: &FullKey, bytes: &Bytes) -> Result<()> {
        let call = Call::new(Operation::Discard, key);
        self.call(call, self.inner.discard(key, bytes)).await
    }
}

/// A change as a [`Call`] shows it: keys as they are, all else behind its kind.
fn about(change: &Change) -> String {
    match change {
        Change::Forgotten(forgotten) => {
            let keys = forgotten.keys.iter().map(ToString::to_string);
            let tags = forgotten.tags.iter().map(|tag| format!("tag={tag}"));
            let patterns = forgotten.patterns.iter().map(|p| format!("pattern={p}"));
            let caches = forgotten.caches.iter().map(|c| format!("cache={c}"));
            let all = forgotten.everything.then(|| "everything".to_owned());
            let parts = keys.chain(tags).chain(patterns).chain(caches).chain(all);
            parts.collect::<Vec<_>>().join(" ")
        }
        Change::Put { key, .. } => key.to_string(),
        Change::Held { key, .. } => format!("held={key}"),
        Change::Done(number) => format!("done={number}"),
        _ => String::new(),
    }
}
