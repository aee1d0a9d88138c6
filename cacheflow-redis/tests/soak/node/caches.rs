//! The caches of a node, and how their values are loaded.

use std::collections::HashSet;
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cacheflow::{Cache, CacheFlow, Strategy};
use cacheflow_testkit::history::{Key, Source, Version, now};
use serde::{Deserialize, Serialize};

use super::recorder::Recorder;
use crate::database::Database;
use crate::random::Random;
use crate::wire::Told;
use crate::world::{self, KINDS, Kind, ROWS};

/// A value: of which key, its row, and what else it was made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Value {
    pub(crate) key: Key,
    pub(crate) version: Version,
    /// Of which value, which row, which version.
    pub(crate) parts: Vec<(Key, Key, Version)>,
}

impl Value {
    pub(crate) fn row(key: Key, version: Version) -> Self {
        Self {
            key,
            version,
            parts: Vec::new(),
        }
    }
}

pub(crate) struct Caches {
    pub(crate) flow: CacheFlow,
    pub(crate) database: Database,
    recorder: Arc<Recorder>,
    /// By kind.
    all: Vec<Cache<Key, Value>>,
    /// By key: with its tags and what it depends on.
    handles: Vec<Cache<Key, Value>>,
    /// By key: the sum of all versions that a load saw before it began.
    begun: Vec<AtomicU64>,
    pauses: AtomicU64,
}

impl Caches {
    pub(crate) fn new(flow: CacheFlow, database: Database, recorder: Arc<Recorder>) -> Self {
        let all: Vec<_> = KINDS.iter().map(|kind| cache(&flow, *kind)).collect();
        let handles = (0..ROWS).map(|key| handle(&all, key)).collect();
        Self {
            flow,
            database,
            recorder,
            all,
            handles,
            begun: (0..ROWS).map(|_| AtomicU64::new(0)).collect(),
            pauses: AtomicU64::new(0),
        }
    }

    pub(crate) fn all(&self) -> &[Cache<Key, Value>] {
        &self.all
    }

    pub(crate) fn of(&self, kind: Kind) -> &Cache<Key, Value> {
        &self.all[kind as usize]
    }

    /// The cache of a key, through the handle that gives its values their marks.
    pub(crate) fn handle(&self, key: Key) -> &Cache<Key, Value> {
        &self.handles[key as usize]
    }

    /// What a caller gets, recorded.
    pub(crate) fn get_or_load(&self, key: Key) -> Pin<Box<dyn Future<Output = Value> + Send + '_>> {
        Box::pin(async move {
            let loaded = AtomicBool::new(false);
            let began = now();
            let load = async || {
                loaded.store(true, Ordering::Relaxed);
                Ok::<_, Infallible>(self.load(key).await)
            };
            let result = self.handle(key).get_or_load(&key, load).await;
            let source = match loaded.into_inner() {
                true => Source::Loaded,
                false => Source::Kept,
            };
            match result {
                Ok(value) => {
                    self.recorder.read(key, &value, source, began);
                    value
                }
                Err(error) => {
                    let text = format!("a caller who loads {key} is given the error {error}");
                    self.recorder.tell(&Told::Broken { text });
                    Value::row(key, 0)
                }
            }
        })
    }

    /// What a caller gets who asks for many keys of one kind, recorded.
    pub(crate) async fn get_or_load_many(&self, kind: Kind, keys: &[Key]) {
        let loaded = Mutex::new(HashSet::new());
        let began = now();
        let load = async |missing: Vec<&Key>| {
            let mut values = Vec::new();
            for key in missing {
                loaded.lock().expect("unpoisoned").insert(*key);
                values.push((*key, self.load(*key).await));
            }
            Ok::<_, Infallible>(values)
        };
        let many = self.of(kind).get_or_load_many(keys, load).await;
        let loaded = loaded.into_inner().expect("unpoisoned");
        for (key, value) in keys.iter().zip(&many.values) {
            let source = match loaded.contains(key) {
                true => Source::Loaded,
                false => Source::Kept,
            };
            match value {
                Some(value) => self.recorder.read(*key, value, source, began),
                None => {
                    let text = format!("of many keys {key} has no value");
                    self.recorder.tell(&Told::Broken { text });
                }
            }
        }
    }

    /// Reads the database and what the value is made of, taking its time, so that
    /// it is overtaken by changes.
    async fn load(&self, key: Key) -> Value {
        self.begun[key as usize].store(self.versions(key), Ordering::Relaxed);
        let mut pauses = Random::of(&[u64::from(key), self.pauses.fetch_add(1, Ordering::Relaxed)]);
        pause(&mut pauses).await;
        let own_first = pauses.percent(50);
        let mut version = self.database.read(key);
        let mut parts = Vec::new();
        for part in world::parts(key) {
            pause(&mut pauses).await;
            match Kind::of(key) {
                Kind::Card => parts.push((key, part, self.database.read(part))),
                _ => {
                    let value = self.get_or_load(part).await;
                    parts.push((part, part, value.version));
                    parts.extend(value.parts);
                }
            }
        }
        if !own_first {
            version = self.database.read(key);
        }
        pause(&mut pauses).await;
        Value {
            key,
            version,
            parts,
        }
    }

    /// Whether nothing of a value has changed since its last load began.
    pub(crate) fn is_unchanged(&self, key: Key) -> bool {
        self.begun[key as usize].load(Ordering::Relaxed) == self.versions(key)
    }

    /// All versions of all that a value is made of; they only grow.
    fn versions(&self, key: Key) -> Version {
        let parts = world::parts(key)
            .into_iter()
            .map(|part| self.versions(part));
        self.database.read(key) + parts.sum::<Version>()
    }
}

fn cache(flow: &CacheFlow, kind: Kind) -> Cache<Key, Value> {
    let seconds = Duration::from_secs;
    let builder = flow.cache::<Key, Value>(kind.cache());
    let builder = match kind {
        Kind::A => builder
            .ttl(seconds(30))
            .strategy(Strategy::multi_level().refresh_ahead(0.1)),
        Kind::B => {
            let strategy = Strategy::multi_level().memory_ttl(seconds(3));
            builder
                .ttl(seconds(10))
                .max_entries(48)
                .strategy(strategy.distributed_lock(seconds(1)))
        }
        Kind::C => builder
            .ttl(seconds(20))
            .strategy(Strategy::cache_aside().refresh_ahead(0.2)),
        Kind::Page | Kind::Site | Kind::Card => builder.ttl(seconds(20)),
    };
    let builder = if kind.is_row() {
        builder.tags(|value: &Value| {
            let version = world::tells_version(value.key)
                .then(|| world::version_tag(value.key, value.version));
            std::iter::once(world::row_tag(value.key))
                .chain(version)
                .collect()
        })
    } else {
        builder
    };
    builder.build().expect("a cache")
}

fn handle(all: &[Cache<Key, Value>], key: Key) -> Cache<Key, Value> {
    let kind = Kind::of(key);
    let cache = &all[kind as usize];
    match kind {
        Kind::Page => cache.tagged([world::page_tag(key)]).expect("a tag"),
        Kind::Card => cache.depends_on(world::parts(key).into_iter().map(world::full_key)),
        _ => cache.clone(),
    }
}

/// Often none, at times some milliseconds.
async fn pause(random: &mut Random) {
    match random.below(10) {
        0..6 => {}
        6..9 => tokio::task::yield_now().await,
        _ => tokio::time::sleep(random.millis(0, 4)).await,
    }
}
