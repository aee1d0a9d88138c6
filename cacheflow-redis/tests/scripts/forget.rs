//! FORGET: what was made of it goes as well.

use cacheflow::event::{Change, Forgotten, Record};
use cacheflow::key::Tag;
use cacheflow::store::Filled;

use crate::raw::{Raw, after, cache, everything, key, keys_of, pattern};

#[tokio::test]
async fn forgetting_removes_values_and_tells_what_the_caller_missed() {
    let raw = Raw::start().await;
    for text in ["users:1", "users:2", "users:3"] {
        raw.keep(text, &[], &[]).await;
    }
    let start = raw.position().await;
    let record = raw.forget(&["users:1", "users:2", "none:1"]).await;
    assert_eq!(record.position, after(start, 1));
    assert!(!record.open);
    assert!(!raw.holds("users:1").await && !raw.holds("users:2").await);
    assert!(raw.holds("users:3").await);
    raw.put("users:4", &[], &[], record.position).await.unwrap();
    let changes = [
        Change::Forgotten(cache("orders")),
        Change::Forgotten(pattern("a\\*b:*")),
        Change::Forgotten(everything()),
        Change::Forgotten(Forgotten::keys([key("x:\"1\"\n")])),
    ];
    for change in changes.clone() {
        raw.record(change, None).await;
    }
    let last = raw.record(Change::Done(1), Some(start)).await;
    let missed = last.missed.unwrap();
    let numbers: Vec<u64> = missed.iter().map(|record| record.position.number).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6]);
    assert_eq!(missed[0], record);
    for (record, change) in missed[2..].iter().zip(changes) {
        assert_eq!(record.change, change);
    }
    raw.every_key_dies().await;
}

#[tokio::test]
async fn all_that_was_made_of_a_key_goes_once_however_it_is_connected() {
    let raw = Raw::start().await;
    // A diamond, a chain whose last only knows the one before, and a cycle.
    raw.keep("a:1", &[], &[]).await;
    raw.keep("b:1", &[], &["a:1"]).await;
    raw.keep("b:2", &[], &["a:1"]).await;
    raw.keep("c:1", &[], &["b:1", "b:2"]).await;
    raw.keep("d:1", &["t"], &["c:1"]).await;
    raw.keep("a:1", &[], &["d:1"]).await;
    raw.keep("x:1", &[], &["y:1"]).await;
    let record = raw.forget(&["a:1"]).await;
    assert_eq!(keys_of(&record), ["a:1", "b:1", "b:2", "c:1", "d:1"]);
    assert!(!record.open);
    for text in ["a:1", "b:1", "b:2", "c:1", "d:1"] {
        assert!(!raw.holds(text).await, "{text}");
    }
    assert!(raw.holds("x:1").await);
    let left = raw.server.keys().await;
    let indexes: Vec<&String> = left.iter().filter(|name| name.contains("rd:")).collect();
    assert_eq!(indexes, ["p:rd:deps:x:1", "p:rd:rev-deps:y:1"]);
}

#[tokio::test]
async fn what_depends_on_a_forgotten_key_is_found_without_a_value_of_it() {
    let raw = Raw::start().await;
    raw.keep("b:1", &[], &["a:1"]).await;
    assert!(!raw.holds("a:1").await);
    assert_eq!(keys_of(&raw.forget(&["a:1"]).await), ["a:1", "b:1"]);
    assert!(!raw.holds("b:1").await);
}

/// Makes `count` entries that depend on `of`.
async fn many(raw: &Raw, cache: &str, of: &str, count: usize) {
    let here = raw.position().await;
    for i in 0..count {
        let filled = raw.fill(&format!("{cache}:{i}"), &[], &[of], here).await;
        assert_eq!(filled, Filled::Kept);
    }
}

async fn how_many(raw: &Raw, cache: &str) -> usize {
    let keys = raw.server.keys().await;
    let start = format!("p:{cache}:");
    keys.iter().filter(|name| name.starts_with(&start)).count()
}

#[tokio::test]
async fn as_many_as_one_step_may_remove_are_removed_at_once() {
    let raw = Raw::start().await;
    many(&raw, "m", "a:1", 499).await;
    let record = raw.forget(&["a:1"]).await;
    assert!(!record.open);
    assert_eq!(keys_of(&record).len(), 500);
    assert_eq!(how_many(&raw, "m").await, 0);
}

#[tokio::test]
async fn more_are_taken_away_and_removed_in_steps() {
    let raw = Raw::start().await;
    many(&raw, "m", "a:1", 700).await;
    many(&raw, "n", "m:5", 3).await;
    let record = raw.forget(&["a:1"]).await;
    assert!(record.open);
    assert_eq!(keys_of(&record), ["a:1"]);
    assert!(raw.members("p:rd:rev-deps:a:1").await.is_empty());
    assert_eq!(how_many(&raw, "m").await, 700);
    // Filled since: it is newer, and found by the next.
    let here = record.position;
    assert_eq!(raw.fill("m:9", &["t"], &["a:1"], here).await, Filled::Kept);

    let (removed, dependents, steps) = raw.reclaim(&record).await;
    assert_eq!(removed, 699);
    assert!(steps >= 4, "{steps}");
    assert_eq!(Vec::from_iter(dependents), ["m:5"]);
    assert_eq!(how_many(&raw, "m").await, 1);
    assert!(raw.holds("m:9").await && raw.holds("n:0").await);
    // Again: nothing is left, and the newer one still is.
    assert_eq!(raw.reclaim(&record).await.0, 0);
    raw.done(record.position.number).await;
    assert_eq!(raw.integer(&["EXISTS", "p:journal:open"]).await, 0);
    assert_eq!(keys_of(&raw.forget(&["a:1"]).await), ["a:1", "m:9"]);
    assert_eq!(keys_of(&raw.forget(&["m:5"]).await).len(), 4);
    raw.every_key_dies().await;
}

#[tokio::test]
async fn more_keys_than_one_step_may_remove_are_removed_in_steps() {
    let raw = Raw::start().await;
    many(&raw, "m", "a:1", 900).await;
    raw.keep("x:1", &[], &["m:899"]).await;
    let keys: Vec<_> = (0..900).map(|i| key(&format!("m:{i}"))).collect();
    let change = Change::Forgotten(Forgotten::keys(keys));
    let record = raw.record(change, None).await.record;
    assert!(record.open);
    assert_eq!(how_many(&raw, "m").await, 400);
    let (removed, dependents, _) = raw.reclaim(&record).await;
    assert_eq!(removed, 400);
    assert_eq!(how_many(&raw, "m").await, 0);
    assert_eq!(Vec::from_iter(dependents), ["m:899"]);
}

#[tokio::test]
async fn tags_are_taken_away_with_the_record() {
    let raw = Raw::start().await;
    for i in 0..300 {
        raw.keep(&format!("m:{i}"), &["x", "y"], &[]).await;
    }
    let tags = ["none", "x", "y"].map(|tag| Tag::new(tag).unwrap());
    let change = Change::Forgotten(Forgotten {
        keys: vec![key("m:0")],
        tags: tags.to_vec(),
        ..Forgotten::default()
    });
    let Record { open, position, .. } = raw.record(change, None).await.record;
    assert!(open);
    let names = raw.server.keys().await;
    assert!(names.iter().all(|name| !name.contains(":tag:")));
    let taken = format!("p:journal:reclaim:{}:", position.number);
    let taken: Vec<_> = names
        .iter()
        .filter(|name| name.starts_with(&taken))
        .collect();
    assert_eq!(taken.len(), 2);
    raw.every_key_dies().await;
}
