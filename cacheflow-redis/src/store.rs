//! The shared store on one Redis server.

mod asked;
mod reclaim;
pub(crate) mod records;
pub(crate) mod values;

use std::time::Duration;

use bytes::Bytes;
use cacheflow::Result;
use cacheflow::event::{Change, Position, Record};
use cacheflow::key::FullKey;
use cacheflow::store::{
    Fill, Filled, NodeAt, Put, Reclaimed, Recorded, Relations, SharedStore, Since, Stored,
};

use crate::link::Link;
use crate::names::Names;
use crate::topology::Topology;

/// See the [crate's documentation](crate) for what it writes.
pub(crate) struct RedisStore {
    link: Link,
}

impl RedisStore {
    pub(crate) fn new(topology: Topology, names: Names) -> Self {
        Self {
            link: Link::new(topology, names),
        }
    }
}

#[async_trait::async_trait]
impl SharedStore for RedisStore {
    fn name(&self) -> String {
        self.link.server().to_owned()
    }

    async fn ping(&self) -> Result<()> {
        self.link.ping().await
    }

    async fn get(&self, key: &FullKey) -> Result<Option<Stored>> {
        values::get(&self.link, key).await
    }

    async fn get_many(&self, keys: &[&FullKey]) -> Result<Vec<Option<Stored>>> {
        values::get_many(&self.link, keys).await
    }

    async fn touch(&self, key: &FullKey, front: &[u8], lifetime: Duration) -> Result<bool> {
        values::touch(&self.link, key, front, lifetime).await
    }

    async fn fill(&self, fill: Fill<'_>) -> Result<Filled> {
        values::fill(&self.link, fill).await
    }

    async fn fill_many(&self, fills: &[Fill<'_>]) -> Result<Vec<Filled>> {
        values::fill_many(&self.link, fills).await
    }

    async fn put(&self, put: Put<'_>) -> Result<Recorded> {
        values::put(&self.link, put).await
    }

    async fn record(&self, change: &Change, known: Option<Position>) -> Result<Recorded> {
        records::record(&self.link, change, known).await
    }

    async fn reclaim(&self, record: &Record, cursor: &str) -> Result<Reclaimed> {
        reclaim::reclaim(&self.link, record, cursor).await
    }

    async fn since(&self, known: Option<Position>) -> Result<Since> {
        records::since(&self.link, known).await
    }

    async fn discard(&self, key: &FullKey, bytes: &Bytes) -> Result<()> {
        values::discard(&self.link, key, bytes).await
    }

    async fn nodes(&self) -> Result<Vec<NodeAt>> {
        records::nodes(&self.link).await
    }

    async fn relations(&self, key: &FullKey) -> Result<Relations> {
        values::relations(&self.link, key).await
    }
}
