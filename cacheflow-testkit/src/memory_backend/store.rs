//! The shared store of one node.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use cacheflow::entry::Envelope;
use cacheflow::event::{Change, Forgotten, Position, Record};
use cacheflow::key::FullKey;
use cacheflow::store::{
    Fill, Filled, NodeAt, Put, Reclaimed, Recorded, Relations, SharedStore, Since, Stored,
};
use cacheflow::{Error, ErrorKind, Namespace, Result};

use super::Shared;
use super::server::Kept;

/// A step of reclaiming looks at so many values.
const STEP: usize = 500;

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
        let incarnation = server.journal(&self.prefix).position().incarnation;
        let kept = server.get(&self.value(key), now);
        Ok(kept.map(|kept| Stored {
            bytes: kept.bytes,
            remaining: kept.expires.since(now),
            incarnation,
        }))
    }

    async fn get_many(&self, keys: &[&FullKey]) -> Result<Vec<Option<Stored>>> {
        let now = self.shared.clock.now();
        let mut server = self.shared.server();
        let incarnation = server.journal(&self.prefix).position().incarnation;
        let mut stored = |key: &&FullKey| {
            let kept = server.get(&self.value(key), now)?;
            Some(Stored {
                bytes: kept.bytes,
                remaining: kept.expires.since(now),
                incarnation,
            })
        };
        Ok(keys.iter().map(&mut stored).collect())
    }

    /// Values are found by looking at all of them: whatever lives is found, however
    /// long that is, and [`Fill::longest`] is of no consequence here.
    async fn touch(&self, key: &FullKey, front: &[u8], lifetime: Duration) -> Result<bool> {
        let now = self.shared.clock.now();
        let mut server = self.shared.server();
        let name = self.value(key);
        Ok(server.get(&name, now).is_some() && server.touch(&name, front, now.after(lifetime)))
    }

    async fn fill(&self, fill: Fill<'_>) -> Result<Filled> {
        let now = self.shared.clock.now();
        let mut server = self.shared.server();
        let journal = server.journal(&self.prefix);
        if !journal.is_current(fill.key, fill.marks, fill.checked, now) {
            return Ok(Filled::Refused);
        }
        let kept = Kept {
            bytes: Bytes::copy_from_slice(fill.bytes),
            expires: now.after(fill.ttl),
            marks: fill.marks.clone(),
        };
        server.set(self.value(fill.key), kept);
        Ok(Filled::Kept)
    }

    async fn put(&self, put: Put<'_>) -> Result<Recorded> {
        let now = self.shared.clock.now();
        let mut server = self.shared.server();
        let key = put.key.clone();
        let dependents = server.dependents(&self.prefix, std::slice::from_ref(&key));
        let journal = server.journal(&self.prefix);
        if journal.position().incarnation != put.checked.incarnation {
            return Err(refused("checked in another incarnation of the journal"));
        }
        let Some(rest) = put.bytes.get(Envelope::AS_OF_BYTES..) else {
            return Err(refused("not an envelope"));
        };
        let missed = journal.missed(put.checked);
        let is_current = journal.is_current(put.key, put.marks, put.checked, now);
        let change = Change::Put {
            key,
            dependents: dependents.clone(),
        };
        let late = self.shared.removes_late;
        let record = journal.record(change, late, now, &self.origin);
        for dependent in dependents.iter().filter(|_| !late) {
            server.remove(&self.value(dependent));
        }
        let name = self.value(put.key);
        if is_current {
            let number = record.position.number.to_le_bytes();
            let kept = Kept {
                bytes: [&number, &number, rest].concat().into(),
                expires: now.after(put.ttl),
                marks: put.marks.clone(),
            };
            server.set(name, kept);
        } else if !late {
            server.remove(&name);
        }
        Ok(Recorded {
            record,
            kept: is_current,
            removed: 0,
            missed,
        })
    }

    async fn record(&self, change: &Change, known: Option<Position>) -> Result<Recorded> {
        let now = self.shared.clock.now();
        let mut server = self.shared.server();
        let dependents_of = |keys: &[FullKey]| server.dependents(&self.prefix, keys);
        let (change, gone) = match change {
            Change::Forgotten(forgotten) => {
                let mut keys = forgotten.keys.clone();
                keys.extend(dependents_of(&keys));
                let forgotten = Forgotten {
                    keys: keys.clone(),
                    ..forgotten.clone()
                };
                (Change::Forgotten(forgotten), keys)
            }
            Change::Held { key, .. } => (change.clone(), vec![key.clone()]),
            Change::Done(_) => (change.clone(), Vec::new()),
            _ => return Err(refused("not a change that is recorded by itself")),
        };
        let dependents = match &change {
            Change::Held { key, .. } => dependents_of(std::slice::from_ref(key)),
            _ => Vec::new(),
        };
        let late = self.shared.removes_late;
        let open = match &change {
            Change::Forgotten(forgotten) => late || !forgotten.is_keys_only(),
            Change::Held { .. } => true,
            _ => false,
        };
        let journal = server.journal(&self.prefix);
        let missed = known.and_then(|known| journal.missed(known));
        let mut before = Vec::new();
        if !dependents.is_empty() {
            let forgotten = Change::Forgotten(Forgotten::keys(dependents.clone()));
            before.push(journal.record(forgotten, late, now, &self.origin));
        }
        let record = journal.record(change, open, now, &self.origin);
        let mut removed = 0;
        for key in gone.iter().chain(&dependents).filter(|_| !late) {
            removed += u64::from(server.remove(&self.value(key)));
        }
        let missed = missed.map(|mut missed| {
            missed.extend(before);
            missed
        });
        Ok(Recorded {
            record,
            kept: true,
            removed,
            missed,
        })
    }

    async fn reclaim(&self, record: &Record, cursor: &str) -> Result<Reclaimed> {
        let mut server = self.shared.server();
        Ok(server.reclaim(&self.prefix, record, cursor, STEP))
    }

    async fn since(&self, known: Option<Position>) -> Result<Since> {
        Ok(self.shared.server().journal(&self.prefix).since(known))
    }

    async fn discard(&self, key: &FullKey, bytes: &Bytes) -> Result<()> {
        self.shared.server().remove_if(&self.value(key), bytes);
        Ok(())
    }

    async fn nodes(&self) -> Result<Vec<NodeAt>> {
        let now = self.shared.clock.now();
        Ok(self.shared.server().journal(&self.prefix).nodes(now))
    }

    async fn relations(&self, key: &FullKey) -> Result<Relations> {
        let now = self.shared.clock.now();
        let mut server = self.shared.server();
        let kept = server.get(&self.value(key), now);
        let marks = kept.map(|kept| kept.marks).unwrap_or_default();
        Ok(Relations {
            dependencies: marks.dependencies().to_vec(),
            dependents: server.made_of(&self.prefix, key),
        })
    }
}

fn refused(why: &str) -> Error {
    Error::new(ErrorKind::Backend, "change", why)
}
