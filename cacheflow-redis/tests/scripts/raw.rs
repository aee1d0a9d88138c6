//! A store and its server, and looking past the one at the other.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use cacheflow::entry::Envelope;
use cacheflow::event::{Change, Forgotten, Position, Record};
use cacheflow::key::{CacheName, FullKey, Marks, Pattern, Tag};
use cacheflow::store::{Fill, Filled, Put, Recorded, SharedStore, Since};
use cacheflow::{Backend, Namespace};
use cacheflow_redis::RedisBackend;
use cacheflow_testkit::{RedisServer, RedisServerBuilder, Reply, eventually};

pub(crate) const TTL: Duration = Duration::from_secs(60);

/// A server and a node's store on it, whose names begin with `p:`.
pub(crate) struct Raw {
    pub(crate) server: RedisServer,
    pub(crate) store: Arc<dyn SharedStore>,
}

impl Raw {
    pub(crate) async fn start() -> Self {
        Self::on(RedisServer::builder()).await
    }

    pub(crate) async fn on(builder: RedisServerBuilder) -> Self {
        let raw = Self::unasked(builder).await;
        raw.answers().await;
        raw
    }

    /// The store has not connected yet.
    pub(crate) async fn unasked(builder: RedisServerBuilder) -> Self {
        let server = builder.start().await;
        let store = store(&server.url());
        Self { server, store }
    }

    /// Waits until the server answers: a busy machine is no fault.
    pub(crate) async fn answers(&self) {
        let within = Duration::from_secs(60);
        let answers = async || self.store.ping().await.is_ok();
        eventually("the server answers", within, answers).await;
    }

    /// Where the journal stands, as the server tells it.
    pub(crate) async fn position(&self) -> Position {
        match self.store.since(None).await.unwrap() {
            Since::Anew(snapshot) => snapshot.position,
            Since::Records(records) => panic!("{records:?}"),
        }
    }

    /// Fills with what was loaded just now.
    pub(crate) async fn keep(&self, text: &str, tags: &[&str], deps: &[&str]) {
        let here = self.position().await;
        assert_eq!(self.fill(text, tags, deps, here).await, Filled::Kept);
    }

    pub(crate) async fn fill(
        &self,
        text: &str,
        tags: &[&str],
        deps: &[&str],
        checked: Position,
    ) -> Filled {
        self.fill_for(text, tags, deps, checked, TTL).await
    }

    pub(crate) async fn fill_for(
        &self,
        text: &str,
        tags: &[&str],
        deps: &[&str],
        checked: Position,
        ttl: Duration,
    ) -> Filled {
        let marks = marks(tags, deps);
        let bytes = envelope(text, &marks, checked);
        let fill = Fill {
            key: &key(text),
            bytes: &bytes,
            marks: &marks,
            ttl,
            longest: ttl,
            checked,
        };
        self.store.fill(fill).await.unwrap()
    }

    pub(crate) async fn put(
        &self,
        text: &str,
        tags: &[&str],
        deps: &[&str],
        checked: Position,
    ) -> cacheflow::Result<Recorded> {
        let marks = marks(tags, deps);
        let bytes = envelope(text, &marks, checked);
        let put = Put {
            key: &key(text),
            bytes: &bytes,
            marks: &marks,
            ttl: TTL,
            longest: TTL,
            checked,
        };
        self.store.put(put).await
    }

    pub(crate) async fn record(&self, change: Change, known: Option<Position>) -> Recorded {
        self.store.record(&change, known).await.unwrap()
    }

    pub(crate) async fn forget(&self, keys: &[&str]) -> Record {
        let keys: Vec<FullKey> = keys.iter().map(|text| key(text)).collect();
        let change = Change::Forgotten(Forgotten::keys(keys));
        self.record(change, None).await.record
    }

    pub(crate) async fn forget_tag(&self, tag: &str) -> Record {
        let change = Change::Forgotten(Forgotten::tags([Tag::new(tag).unwrap()]));
        self.record(change, None).await.record
    }

    pub(crate) async fn hold(&self, text: &str, ttl: Duration) -> Recorded {
        let key = key(text);
        self.record(Change::Held { key, ttl }, None).await
    }

    /// Ends record `number`, as one who knows of it.
    pub(crate) async fn done(&self, number: u64) -> Recorded {
        let here = self.position().await;
        self.record(Change::Done(number), Some(here)).await
    }

    /// Reclaims to the end: how many values, which dependents, in how many steps.
    pub(crate) async fn reclaim(&self, record: &Record) -> (u64, BTreeSet<String>, u32) {
        let (mut removed, mut dependents, mut steps) = (0, BTreeSet::new(), 0);
        let mut cursor = String::new();
        loop {
            let step = self.store.reclaim(record, &cursor).await.unwrap();
            removed += step.removed;
            dependents.extend(step.dependents.iter().map(ToString::to_string));
            steps += 1;
            match step.next {
                Some(next) => cursor = next,
                None => return (removed, dependents, steps),
            }
        }
    }

    pub(crate) async fn holds(&self, text: &str) -> bool {
        self.integer(&["EXISTS", &format!("p:{text}")]).await == 1
    }

    /// The members of a set, sorted.
    pub(crate) async fn members(&self, name: &str) -> Vec<String> {
        let Reply::Array(found) = self.redis(&["SMEMBERS", name]).await else {
            panic!("no set")
        };
        let mut found: Vec<String> = found.iter().filter_map(Reply::text).collect();
        found.sort();
        found
    }

    pub(crate) async fn redis<W: AsRef<[u8]>>(&self, words: &[W]) -> Reply {
        let reply = self.server.command(words).await.unwrap();
        assert!(!matches!(reply, Reply::Error(_)), "{reply:?}");
        reply
    }

    pub(crate) async fn integer<W: AsRef<[u8]>>(&self, words: &[W]) -> i64 {
        match self.redis(words).await {
            Reply::Integer(number) => number,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn text(&self, words: &[&str]) -> String {
        self.redis(words).await.text().unwrap_or_default()
    }

    pub(crate) async fn every_key_dies(&self) {
        for key in self.server.keys().await {
            let left = self.integer(&["PTTL", &key]).await;
            assert!(left > 0, "{key} has the TTL {left}");
        }
    }
}

pub(crate) fn backend(server: &RedisServer) -> RedisBackend {
    RedisBackend::open(&server.url()).unwrap()
}

pub(crate) fn namespace() -> Namespace {
    Namespace::new("p:", "me")
}

pub(crate) fn store(url: &str) -> Arc<dyn SharedStore> {
    RedisBackend::open(url).unwrap().store(&namespace())
}

pub(crate) fn key(text: &str) -> FullKey {
    FullKey::parse(text).unwrap()
}

pub(crate) fn marks(tags: &[&str], deps: &[&str]) -> Marks {
    let tags = tags.iter().map(|tag| Tag::new(tag).unwrap()).collect();
    Marks::new(tags, deps.iter().map(|dep| key(dep)).collect())
}

pub(crate) fn envelope(text: &str, marks: &Marks, at: Position) -> Vec<u8> {
    versioned(text, marks, at, None)
}

/// The same of a value that its source calls so.
pub(crate) fn versioned(text: &str, marks: &Marks, at: Position, version: Option<&str>) -> Vec<u8> {
    Envelope {
        as_of: at.number,
        incarnation: at.incarnation,
        codec: 1,
        schema: 0,
        created: 1,
        expires: 2,
        stale_until: 2,
        load_micros: 3,
        key: text.as_bytes(),
        marks: std::borrow::Cow::Borrowed(marks),
        version: version.map(std::borrow::Cow::Borrowed),
        payload: Some(b"\x01"),
        ..Envelope::of(text.as_bytes())
    }
    .encode()
    .unwrap()
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

pub(crate) fn everything() -> Forgotten {
    Forgotten {
        everything: true,
        ..Forgotten::default()
    }
}

/// `number` records further.
pub(crate) fn after(position: Position, number: u64) -> Position {
    Position {
        number: position.number + number,
        ..position
    }
}

/// The keys that a record of keys names, sorted.
pub(crate) fn keys_of(record: &Record) -> Vec<String> {
    let keys = match &record.change {
        Change::Forgotten(forgotten) => &forgotten.keys,
        Change::Put { dependents, .. } => dependents,
        other => panic!("{other:?}"),
    };
    let mut keys: Vec<String> = keys.iter().map(ToString::to_string).collect();
    keys.sort();
    keys
}
