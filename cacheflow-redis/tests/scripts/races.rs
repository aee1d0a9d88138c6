//! Many loaders and writers at once: nothing old is left when a forgetting has
//! ended.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use cacheflow::entry::Envelope;
use cacheflow::event::{Change, Forgotten, Record};
use cacheflow::key::Tag;
use cacheflow::store::{Fill, Since};

use crate::raw::{Raw, TTL, cache, key, marks, pattern};

const SOURCES: usize = 3;
const FOR: Duration = Duration::from_millis(1500);

/// Versions of what is cached.
#[derive(Default)]
struct Sources([AtomicU64; SOURCES]);

/// The entries of source `i` by each of which a forgetting may name them.
fn entry(i: usize) -> (String, String, String) {
    (format!("x{i}:1"), format!("t{i}"), format!("d{i}:1"))
}

/// Loads source `i` and fills with it.
async fn load(raw: &Raw, sources: &Sources, i: usize) {
    let checked = raw.position().await;
    let version = sources.0[i].load(Ordering::SeqCst);
    tokio::task::yield_now().await;
    let (name, tag, dep) = entry(i);
    let marks = marks(&[&tag], &[&dep]);
    let bytes = Envelope {
        as_of: checked.number,
        incarnation: checked.incarnation,
        codec: 1,
        schema: 0,
        created: 1,
        expires: 2,
        stale_until: 2,
        load_micros: 3,
        key: name.as_bytes(),
        marks: Cow::Borrowed(&marks),
        version: None,
        payload: Some(&version.to_le_bytes()),
        ..Envelope::of(name.as_bytes())
    }
    .encode()
    .unwrap();
    let fill = Fill {
        key: &key(&name),
        bytes: &bytes,
        marks: &marks,
        ttl: TTL,
        longest: TTL,
        checked,
    };
    raw.store.fill(fill).await.unwrap();
}

/// Changes source `i`, forgets it in the `way`th way, and looks.
async fn change(raw: &Raw, sources: &Sources, i: usize, way: usize) {
    let version = sources.0[i].fetch_add(1, Ordering::SeqCst) + 1;
    let (name, tag, dep) = entry(i);
    let forgotten = match way % 5 {
        0 => Forgotten::keys([key(&name)]),
        1 => Forgotten::keys([key(&dep)]),
        2 => Forgotten::tags([Tag::new(&tag).unwrap()]),
        3 => pattern(&format!("x{i}:?")),
        _ => cache(&format!("x{i}")),
    };
    let change = Change::Forgotten(forgotten);
    let record = raw.record(change, None).await.record;
    if record.open {
        raw.reclaim(&record).await;
        raw.done(record.position.number).await;
    }
    if let Some((found, as_of)) = kept(raw, &name).await
        && found < version
    {
        // Another's tag took the index away just before, and removes it by and
        // by: until then its record is open, and nobody takes the value for a hit.
        let Since::Anew(journal) = raw.store.since(None).await.unwrap() else {
            panic!("no snapshot")
        };
        let marks = marks(&[&tag], &[&dep]);
        let covers = |record: &Record| {
            record.position.number > as_of && record.makes_old(&key(&name), &marks)
        };
        let is_covered = journal.open.iter().any(covers);
        let left = kept(raw, &name)
            .await
            .is_some_and(|(found, _)| found < version);
        assert!(is_covered || !left, "way {way}: {found} after {version}");
    }
}

/// The version that is kept, and the record that it takes into account.
async fn kept(raw: &Raw, name: &str) -> Option<(u64, u64)> {
    let stored = raw.store.get(&key(name)).await.unwrap()?;
    let envelope = Envelope::decode(&stored.bytes, name.as_bytes(), 1, 0).unwrap();
    let version = u64::from_le_bytes(envelope.payload.unwrap().try_into().unwrap());
    Some((version, envelope.as_of))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_old_is_left_when_a_forgetting_has_ended() {
    let raw = Arc::new(Raw::start().await);
    let sources = Arc::new(Sources::default());
    let end = Instant::now() + FOR;
    let mut tasks = Vec::new();
    for task in 0..9 {
        let (raw, sources) = (Arc::clone(&raw), Arc::clone(&sources));
        tasks.push(tokio::spawn(async move {
            let mut round = task;
            while Instant::now() < end {
                if task < 6 {
                    load(&raw, &sources, round % SOURCES).await;
                } else {
                    change(&raw, &sources, round % SOURCES, round / SOURCES).await;
                }
                round += 1;
            }
            round
        }));
    }
    let mut rounds = 0;
    for task in tasks {
        rounds += task.await.unwrap();
    }
    assert!(rounds > 200, "{rounds}");
    println!("{rounds} rounds");
}
