//! The shared store of one node.

use std::sync::Arc;

use bytes::Bytes;
use cacheflow::entry::Envelope;
use cacheflow::event::{Change, Position};
use cacheflow::key::{CacheName, FullKey};
use cacheflow::store::{Fill, Filled, Put, Recorded, SharedStore, Stored};
use cacheflow::{Error, ErrorKind, Namespace, Result};

use super::Shared;

/// How many values one step of a sweep removes.
const SWEEP_STEP: usize = 500;

pub(super) struct MemoryStore {
    shared: Arc<Shared>,
    prefix: String,
    origin: String,
}

impl MemoryStore {
    pub(super) fn new(shared: Arc<Shared>, namespace: &Namespace) -> Self {
        Self {
            shared,
            prefix: namespace.prefix().to_owned(),
            origin: namespace.origin().to_owned(),
        }
    }

    fn value(&self, key: &FullKey) -> String {
        format!("{}{key}", self.prefix)
    }
}

#[async_trait::async_trait]
impl SharedStore for MemoryStore {
    fn name(&self) -> String {
        "memory".to_owned()
    }

    async fn ping(&self) -> Result<()> {
        Ok(())
    }

    async fn get(&self, key: &FullKey) -> Result<Option<Stored>> {
        let now = self.shared.clock.now();
        let mut server = self.shared.server();
        let Some(mut stored) = server.get(&self.value(key), now) else {
            return Ok(None);
        };
        let written_in = Envelope::incarnation_in(&stored.bytes);
        let here = server.journal(&self.prefix).position().incarnation;
        if written_in.is_some_and(|written_in| written_in != here) {
            // Whether it was forgotten since, this journal does not tell.
            stored.bytes = Bytes::new();
        }
        Ok(Some(stored))
    }

    async fn fill(&self, fill: Fill<'_>) -> Result<Filled> {
        let mut server = self.shared.server();
        if !server
            .journal(&self.prefix)
            .is_current(fill.key, fill.checked)
        {
            return Ok(Filled::Refused);
        }
        let expires = self.shared.clock.now().after(fill.ttl);
        server.set(
            self.value(fill.key),
            Bytes::copy_from_slice(fill.bytes),
            expires,
        );
        Ok(Filled::Kept)
    }

    async fn put(&self, put: Put<'_>) -> Result<Recorded> {
        let mut server = self.shared.server();
        let journal = server.journal(&self.prefix);
        if journal.position().incarnation != put.checked.incarnation {
            return Err(Error::new(
                ErrorKind::Backend,
                "put",
                "checked in another incarnation of the journal",
            ));
        }
        let Some(rest) = put.bytes.get(Envelope::AS_OF_BYTES..) else {
            return Err(Error::new(ErrorKind::Backend, "put", "not an envelope"));
        };
        let missed = journal.since(put.checked);
        let kept = journal.is_current(put.key, put.checked);
        let position = journal.record(Change::Put(put.key.clone()), &self.origin);
        let name = self.value(put.key);
        if kept {
            let number = position.number.to_le_bytes();
            let bytes = [&number, &number, rest].concat();
            let expires = self.shared.clock.now().after(put.ttl);
            server.set(name, bytes.into(), expires);
        } else {
            server.remove(&name);
        }
        Ok(Recorded {
            position,
            kept,
            missed,
        })
    }

    async fn forget(&self, keys: &[FullKey], known: Option<Position>) -> Result<Recorded> {
        let mut server = self.shared.server();
        let journal = server.journal(&self.prefix);
        let missed = known.and_then(|known| journal.since(known));
        let position = journal.record(Change::Forgotten(keys.to_vec()), &self.origin);
        for key in keys {
            server.remove(&self.value(key));
        }
        Ok(Recorded {
            position,
            kept: true,
            missed,
        })
    }

    async fn clear(&self, cache: &CacheName, known: Option<Position>) -> Result<Recorded> {
        let mut server = self.shared.server();
        let journal = server.journal(&self.prefix);
        let missed = known.and_then(|known| journal.since(known));
        let position = journal.record(Change::Cleared(cache.clone()), &self.origin);
        Ok(Recorded {
            position,
            kept: true,
            missed,
        })
    }

    async fn sweep(&self, cache: &CacheName, cursor: u64) -> Result<Option<u64>> {
        let beginning = format!("{}{cache}:", self.prefix);
        let more = self.shared.server().sweep(&beginning, SWEEP_STEP);
        Ok(more.then(|| cursor + 1))
    }

    async fn discard(&self, key: &FullKey, bytes: &Bytes) -> Result<()> {
        self.shared.server().remove_if(&self.value(key), bytes);
        Ok(())
    }
}
