//! A cluster, a namespace on it, and what tests say over and over.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use cacheflow::entry::Envelope;
use cacheflow::event::{Change, Forgotten, Position, Record, Snapshot};
use cacheflow::key::{CacheName, FullKey, Marks, Pattern, Tag};
use cacheflow::store::{Fill, Filled, Put, Recorded, SharedStore, Since, Stored};
use cacheflow::{Backend, Namespace, Unreadable};
use cacheflow_redis::RedisBackend;
use cacheflow_testkit::{RedisCluster, RedisServer, Reply};

pub(crate) const PREFIX: &str = "cacheflow:test/";
const HOUR: Duration = Duration::from_secs(3_600);

/// A cluster and a store on it.
pub(crate) struct World {
    pub(crate) cluster: RedisCluster,
    pub(crate) store: Arc<dyn SharedStore>,
}

impl World {
    /// Three servers.
    pub(crate) async fn start() -> Self {
        Self::of(RedisServer::cluster(3).start().await)
    }

    /// Three servers, each with a replica.
    pub(crate) async fn with_replicas() -> Self {
        Self::of(RedisServer::cluster(3).with_replicas().start().await)
    }

    pub(crate) fn of(cluster: RedisCluster) -> Self {
        let store = backend(&cluster).store(&Namespace::new(PREFIX, "me"));
        Self { cluster, store }
    }

    /// The store as another node has it.
    pub(crate) fn another(&self, origin: &str) -> Arc<dyn SharedStore> {
        backend(&self.cluster).store(&Namespace::new(PREFIX, origin))
    }

    pub(crate) fn backend(&self) -> RedisBackend {
        backend(&self.cluster)
    }

    /// Where the journal stands.
    pub(crate) async fn snapshot(&self) -> Snapshot {
        match self.store.since(None).await.unwrap() {
            Since::Anew(snapshot) => snapshot,
            Since::Records(records) => panic!("{records:?}"),
        }
    }

    pub(crate) async fn position(&self) -> Position {
        self.snapshot().await.position
    }

    pub(crate) async fn get(&self, text: &str) -> Option<Stored> {
        self.store.get(&key(text)).await.unwrap()
    }

    /// Whether a value lies there that can be read.
    pub(crate) async fn has(&self, text: &str) -> bool {
        match self.get(text).await {
            Some(stored) => read(text, &stored.bytes).is_ok(),
            None => false,
        }
    }

    /// Fills a value that was loaded at `checked`.
    pub(crate) async fn fill_at(&self, text: &str, marks: &Marks, checked: Position) -> Filled {
        let fill = envelope(text, marks, checked, b"value");
        let key = key(text);
        let fill = Fill {
            key: &key,
            bytes: &fill,
            marks,
            ttl: HOUR,
            longest: HOUR,
            checked,
        };
        self.store.fill(fill).await.unwrap()
    }

    /// Fills a value that is loaded now.
    pub(crate) async fn fill(&self, text: &str, marks: &Marks) {
        let checked = self.position().await;
        assert_eq!(self.fill_at(text, marks, checked).await, Filled::Kept);
    }

    pub(crate) async fn put_at(&self, text: &str, marks: &Marks, checked: Position) -> Recorded {
        let bytes = envelope(text, marks, checked, b"put");
        let key = key(text);
        let put = Put {
            key: &key,
            bytes: &bytes,
            marks,
            ttl: HOUR,
            longest: HOUR,
            checked,
        };
        self.store.put(put).await.unwrap()
    }

    pub(crate) async fn record(&self, change: Change) -> Record {
        // Whoever says that a record is done has to stand in its journal.
        let known = match change {
            Change::Done(_) => Some(self.position().await),
            _ => None,
        };
        let recorded = self.store.record(&change, known).await.unwrap();
        assert!(recorded.kept);
        recorded.record
    }

    /// Reclaims to the end; returns how many values went, and the dependents.
    pub(crate) async fn reclaim(&self, record: &Record) -> (u64, Vec<FullKey>) {
        let (mut removed, mut dependents) = (0, Vec::new());
        let mut cursor = String::new();
        for _ in 0..10_000 {
            let part = self.store.reclaim(record, &cursor).await.unwrap();
            removed += part.removed;
            dependents.extend(part.dependents);
            match part.next {
                Some(next) => cursor = next,
                None => return (removed, dependents),
            }
        }
        panic!("the reclaim has no end")
    }

    /// Forgets, reclaims, and says that it is done, as the framework does.
    pub(crate) async fn forget(&self, forgotten: Forgotten) -> u64 {
        let record = self.record(Change::Forgotten(forgotten)).await;
        assert!(record.open);
        let (removed, _) = self.reclaim(&record).await;
        self.record(Change::Done(record.position.number)).await;
        removed
    }

    /// Sends a command to the owner of a name.
    pub(crate) async fn command(&self, name: &str, words: &[&str]) -> Reply {
        let owner = self.cluster.owner_of(name).await;
        self.cluster.node(owner).command(words).await.unwrap()
    }
}

fn backend(cluster: &RedisCluster) -> RedisBackend {
    RedisBackend::cluster(cluster.urls()).unwrap()
}

pub(crate) fn key(text: &str) -> FullKey {
    FullKey::parse(text).unwrap()
}

pub(crate) fn keys<const N: usize>(texts: [&str; N]) -> Forgotten {
    Forgotten::keys(texts.map(key))
}

pub(crate) fn tags<const N: usize>(texts: [&str; N]) -> Forgotten {
    Forgotten::tags(texts.map(|text| Tag::new(text).unwrap()))
}

pub(crate) fn cache(name: &str) -> Forgotten {
    Forgotten::cache(CacheName::new(name).unwrap())
}

pub(crate) fn pattern(text: &str) -> Forgotten {
    Forgotten {
        patterns: vec![Pattern::new(text).unwrap()],
        ..Forgotten::default()
    }
}

pub(crate) fn marks(tags: &[&str], dependencies: &[&str]) -> Marks {
    Marks::new(
        tags.iter().map(|tag| Tag::new(tag).unwrap()).collect(),
        dependencies.iter().map(|text| key(text)).collect(),
    )
}

pub(crate) fn none() -> Marks {
    Marks::default()
}

pub(crate) fn envelope(text: &str, marks: &Marks, at: Position, payload: &[u8]) -> Vec<u8> {
    Envelope {
        as_of: at.number,
        incarnation: at.incarnation,
        codec: 1,
        schema: 2,
        created: 1_000,
        expires: 2_000,
        stale_until: 2_000,
        load_micros: 3,
        key: text.as_bytes(),
        marks: Cow::Borrowed(marks),
        version: None,
        payload: Some(payload),
        ..Envelope::of(text.as_bytes())
    }
    .encode()
    .unwrap()
}

pub(crate) fn read<'a>(text: &'a str, bytes: &'a Bytes) -> Result<Envelope<'a>, Unreadable> {
    Envelope::decode(bytes, text.as_bytes(), 1, 2)
}

pub(crate) fn name(text: &str) -> String {
    format!("{PREFIX}{text}")
}

pub(crate) fn journal() -> String {
    format!("{{{PREFIX}journal}}")
}
