//! The port, call by call.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use cacheflow::Result;
use cacheflow::entry::Envelope;
use cacheflow::event::{Change, Position, Record};
use cacheflow::key::{FullKey, Tag};
use cacheflow::store::{
    Fill, Filled, NodeAt, Put, Reclaimed, Recorded, Relations, SharedStore, Since, Stored,
};

use super::journal::Journal;
use super::keep::Keep;
use super::scripts::DISCARD;
use super::shard::Call;
use super::shards::Shards;
use crate::error::unexpected;
use crate::link::Link;
use crate::names::Names;
use crate::scripts::TOUCH;
use crate::store::records;
use crate::store::values::{self, WITHOUT_END, millis};
use crate::topology::Topology;
use crate::topology::cluster::{Cluster, Owner};

/// A connection that has not answered a PING for so long is given up.
const PING_TIMEOUT: Duration = Duration::from_millis(250);

/// See the [module's documentation](super).
pub(crate) struct ClusterStore {
    pub(super) names: Indexes,
    pub(super) journal: Arc<Journal>,
    pub(super) shards: Arc<Shards>,
}

/// The names of one namespace, with those of the indexes.
pub(super) struct Indexes(Names);

impl std::ops::Deref for Indexes {
    type Target = Names;

    fn deref(&self) -> &Names {
        &self.0
    }
}

impl Indexes {
    /// Where it stands what carries `tag`.
    pub(super) fn tag(&self, tag: &Tag) -> String {
        format!("{}tag:{tag}", self.prefix())
    }
}

impl ClusterStore {
    pub(crate) fn new(cluster: Arc<Cluster>, names: Names) -> Self {
        let owner = Owner::of(Arc::clone(&cluster), names.journal());
        let link = Link::new(Topology::Cluster(owner), names.clone());
        let journal = Arc::new(Journal::new(link));
        Self {
            names: Indexes(names),
            shards: Arc::new(Shards::new(cluster, Arc::clone(&journal))),
            journal,
        }
    }

    /// The cluster, for messages.
    pub(super) fn name_of_all(&self) -> String {
        self.shards.cluster().name()
    }
}

#[async_trait::async_trait]
impl SharedStore for ClusterStore {
    fn name(&self) -> String {
        self.name_of_all()
    }

    async fn ping(&self) -> Result<()> {
        // One silent server of values takes nothing from the others.
        let (journal, ()) = tokio::join!(self.journal.ping(), self.shards.ping(PING_TIMEOUT));
        journal
    }

    async fn get(&self, key: &FullKey) -> Result<Option<Stored>> {
        let name = self.names.value(key);
        let left = Call::new(redis::cmd("PTTL")).arg(&name);
        // Both at once. The server's own count of what is left: no clock but its
        // own decides how long memory may keep the value.
        let (bytes, left) = tokio::join!(
            self.shards.value("get", &name),
            self.shards.call::<i64>("get", &name, &left)
        );
        let left = left?;
        if left == WITHOUT_END {
            // Whatever we write dies: this is somebody else's, to be replaced.
            return Ok(None);
        }
        let Some(bytes) = bytes? else {
            return Ok(None);
        };
        // Read after the value: a server of values that had to be connected to
        // may have changed it.
        let incarnation = self.journal.incarnation(&[&bytes]).await?;
        Ok(Some(values::stored(bytes, left, incarnation)))
    }

    async fn get_many(&self, keys: &[&FullKey]) -> Result<Vec<Option<Stored>>> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let names: Vec<_> = keys.iter().map(|key| self.names.value(key)).collect();
        let told = self.shards.values(&names).await?.into_iter();
        let found = |(bytes, left)| Some((bytes?, left)).filter(|_| left != WITHOUT_END);
        let found: Vec<Option<(Bytes, i64)>> = told.map(found).collect();
        let read: Vec<&[u8]> = found.iter().flatten().map(|(bytes, _)| &**bytes).collect();
        if read.is_empty() {
            return Ok(vec![None; keys.len()]);
        }
        // Read after all of the values, as for one.
        let incarnation = self.journal.incarnation(&read).await?;
        let stored = |(bytes, left)| values::stored(bytes, left, incarnation);
        let found = found.into_iter();
        Ok(found.map(|found| found.map(stored)).collect())
    }

    async fn touch(&self, key: &FullKey, front: &[u8], lifetime: Duration) -> Result<bool> {
        let name = self.names.value(key);
        let touch = Call::script(&TOUCH, &name).arg(front);
        let touch = touch.arg(millis(lifetime));
        self.shards.call("touch", &name, &touch).await
    }

    async fn fill(&self, fill: Fill<'_>) -> Result<Filled> {
        self.keep(Keep {
            operation: "fill",
            key: fill.key,
            bytes: fill.bytes.to_vec(),
            marks: fill.marks,
            ttl: fill.ttl,
            longest: fill.longest,
            checked: fill.checked,
        })
        .await
    }

    /// The record comes first, open: every node takes the old value for a miss
    /// from then on, whatever becomes of this call. The new one follows like a
    /// fill whose as-of is the record itself.
    async fn put(&self, put: Put<'_>) -> Result<Recorded> {
        let mut bytes = put.bytes.to_vec();
        if bytes.len() < Envelope::AS_OF_BYTES {
            return Err(unexpected("put", &self.name_of_all(), "envelope"));
        }
        let mut recorded = self.journal.put(&put).await?;
        let checked = recorded.record.position;
        if !recorded.kept {
            // The record is open: if this does not work, a reclaim does it.
            let _ = self
                .remove_older(std::slice::from_ref(put.key), None, checked.number)
                .await;
            return Ok(recorded);
        }
        let as_of = checked.number.to_le_bytes();
        bytes[..8].copy_from_slice(&as_of);
        bytes[8..16].copy_from_slice(&as_of);
        let kept = self.keep(Keep {
            operation: "put",
            key: put.key,
            bytes,
            marks: put.marks,
            ttl: put.ttl,
            longest: put.longest,
            checked,
        });
        // An error after the record is none of the put's: it stands.
        recorded.kept = matches!(kept.await, Ok(Filled::Kept));
        Ok(recorded)
    }

    async fn record(&self, change: &Change, known: Option<Position>) -> Result<Recorded> {
        self.journal.record(change, known).await
    }

    async fn reclaim(&self, record: &Record, cursor: &str) -> Result<Reclaimed> {
        self.reclaim_part(record, cursor).await
    }

    async fn since(&self, known: Option<Position>) -> Result<Since> {
        records::since(self.journal.link(), known).await
    }

    async fn discard(&self, key: &FullKey, bytes: &Bytes) -> Result<()> {
        let name = self.names.value(key);
        let discard = Call::script(&DISCARD, &name).arg(bytes.as_ref());
        self.shards.call("discard", &name, &discard).await
    }

    async fn nodes(&self) -> Result<Vec<NodeAt>> {
        records::nodes(self.journal.link()).await
    }

    async fn relations(&self, key: &FullKey) -> Result<Relations> {
        self.relations_of(key).await
    }
}
