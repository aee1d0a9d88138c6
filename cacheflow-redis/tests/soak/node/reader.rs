//! Callers who read.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use cacheflow::{Level, Lookup};
use cacheflow_testkit::history::{Key, Source, now};
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use super::Shared;
use crate::random::Random;
use crate::world::{Kind, ROWS};

/// A burst of calls now and then: the rest of the time belongs to the others.
const EVERY: Duration = Duration::from_millis(5);
const BURST: u64 = 5;
/// How many keys of each kind are asked for more often than the others.
const HOT: u64 = 6;

pub(crate) async fn read(shared: Arc<Shared>, task: u64) {
    let settings = &shared.settings;
    let mut random = Random::of(&[settings.seed, settings.node as u64, 1000 + task]);
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while !shared.is_stopped() {
        ticks.tick().await;
        for _ in 0..BURST {
            call(&shared, &mut random).await;
        }
    }
}

async fn call(shared: &Arc<Shared>, random: &mut Random) {
    let caches = &shared.caches;
    let kind = match random.below(100) {
        0..36 => Kind::A,
        36..56 => Kind::B,
        56..60 => Kind::C,
        60..82 => Kind::Page,
        82..90 => Kind::Site,
        _ => Kind::Card,
    };
    let key = key_of(kind, random);
    let mut calls = 1;
    match random.below(100) {
        0..60 => drop(caches.get_or_load(key).await),
        // Those that have no marks but their values' own.
        60..62 if kind.is_row() => {
            let size = 2 + random.below(8);
            let keys: Vec<Key> = (0..size).map(|_| key_of(kind, random)).collect();
            caches.get_or_load_many(kind, &keys).await;
            calls = size;
        }
        60..62 => drop(caches.get_or_load(key).await),
        62..74 => {
            let began = now();
            if let Some(value) = caches.handle(key).get(&key).await {
                shared.recorder.read(key, &value, Source::Kept, began);
            }
        }
        74..84 => {
            let began = now();
            if let Lookup::Hit(found) = caches.handle(key).lookup(&key).await {
                let source = source(found.level);
                shared.recorder.read(key, &found.value, source, began);
            }
        }
        84..98 => {
            let began = now();
            if let Some(found) = caches.handle(key).peek(&key) {
                shared
                    .recorder
                    .read(key, &found.value, source(found.level), began);
            }
        }
        _ => calls = batch(shared, random).await,
    }
    shared.news.calls.fetch_add(calls, Ordering::Relaxed);
}

/// Several callers at once.
async fn batch(shared: &Arc<Shared>, random: &mut Random) -> u64 {
    let mut callers = JoinSet::new();
    let size = 2 + random.below(10);
    for _ in 0..size {
        let shared = Arc::clone(shared);
        let key = random.below(u64::from(ROWS)) as Key;
        callers.spawn(async move { drop(shared.caches.get_or_load(key).await) });
    }
    // A caller who gives up is one of the things that happen.
    if random.percent(10) {
        callers.abort_all();
    }
    while callers.join_next().await.is_some() {}
    size
}

fn key_of(kind: Kind, random: &mut Random) -> Key {
    let keys = kind.keys();
    let count = u64::from(keys.end - keys.start);
    let bound = if random.percent(50) { HOT } else { count };
    keys.start + random.below(bound) as Key
}

fn source(level: Level) -> Source {
    match level {
        Level::Memory => Source::Memory,
        _ => Source::Shared,
    }
}
