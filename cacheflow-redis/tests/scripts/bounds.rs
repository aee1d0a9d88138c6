//! However much there is to do, no step keeps the server busy for long.

use cacheflow::event::{Change, Forgotten};
use cacheflow::store::Filled;
use cacheflow_testkit::Reply;

use crate::raw::{Raw, cache, key};

/// Far above what any step takes (a few ms), for machines that are busy with
/// other things.
const BOUND_MICROS: i64 = 50_000;

/// What the slowest script has taken since the last call, in microseconds.
async fn slowest(raw: &Raw, what: &str) -> i64 {
    let Reply::Array(log) = raw.redis(&["SLOWLOG", "GET", "-1"]).await else {
        panic!("no log")
    };
    let mut slowest = 0;
    for entry in &log {
        let Reply::Array(entry) = entry else {
            panic!("no entry")
        };
        let (Reply::Integer(micros), Reply::Array(words)) = (&entry[2], &entry[3]) else {
            panic!("{entry:?}")
        };
        if words[0].text().is_some_and(|word| word.starts_with("EVAL")) {
            slowest = slowest.max(*micros);
        }
    }
    raw.redis(&["SLOWLOG", "RESET"]).await;
    println!("{what}: {slowest} us");
    assert!(slowest < BOUND_MICROS, "{what}: {slowest}");
    slowest
}

async fn measured() -> Raw {
    let raw = Raw::start().await;
    raw.redis(&["CONFIG", "SET", "slowlog-max-len", "100000"])
        .await;
    raw.redis(&["CONFIG", "SET", "slowlog-log-slower-than", "0"])
        .await;
    raw
}

fn names(cache: &str, count: usize) -> Vec<String> {
    (0..count).map(|i| format!("{cache}:{i}")).collect()
}

#[tokio::test]
async fn steps_over_many_entries_are_bounded() {
    let raw = measured().await;
    let here = raw.position().await;
    for name in names("m", 499) {
        raw.fill(&name, &["x", "y"], &["a:1", "b:1"], here).await;
    }
    slowest(&raw, "fill of 4 marks").await;
    raw.forget(&["a:1"]).await;
    slowest(&raw, "forget 500").await;
    let here = raw.position().await;
    for name in names("m", 1_000) {
        raw.fill(&name, &["x", "y"], &["a:1", "b:1"], here).await;
    }
    let open = raw.forget_tag("x").await;
    raw.redis(&["SLOWLOG", "RESET"]).await;
    assert_eq!(raw.reclaim(&open).await.0, 1_000);
    slowest(&raw, "reclaim of an index").await;
    let here = raw.position().await;
    for name in names("m", 1_000) {
        raw.fill(&name, &["x", "y"], &["a:1", "b:1"], here).await;
    }
    let open = raw.record(Change::Forgotten(cache("m")), None).await.record;
    raw.redis(&["SLOWLOG", "RESET"]).await;
    assert_eq!(raw.reclaim(&open).await.0, 1_000);
    slowest(&raw, "reclaim by a scan").await;
}

#[tokio::test]
async fn steps_over_many_names_are_bounded() {
    let raw = measured().await;
    let here = raw.position().await;
    let marks = names("mark", 500);
    let marks: Vec<&str> = marks.iter().map(String::as_str).collect();
    raw.redis(&["SLOWLOG", "RESET"]).await;
    for _ in 0..5 {
        assert_eq!(raw.fill("a:1", &marks, &marks, here).await, Filled::Kept);
    }
    slowest(&raw, "fill of 1000 marks").await;
    for i in 0..200 {
        raw.fill(&format!("n:{i}"), &marks, &["b:1"], here).await;
    }
    raw.redis(&["SLOWLOG", "RESET"]).await;
    raw.forget(&["b:1"]).await;
    slowest(&raw, "forget 200 of 500 marks").await;
    for _ in 0..250 {
        raw.forget(&["other:1"]).await;
    }
    raw.redis(&["SLOWLOG", "RESET"]).await;
    raw.fill("a:1", &marks, &marks, here).await;
    slowest(&raw, "fill that looks back 251").await;
    let keys: Vec<_> = names("o", 3_000).iter().map(|name| key(name)).collect();
    let change = Change::Forgotten(Forgotten::keys(keys));
    for _ in 0..8 {
        raw.record(change.clone(), None).await;
    }
    slowest(&raw, "forget 3000 keys").await;
    raw.record(change.clone(), Some(here)).await;
    raw.fill("a:2", &[], &[], here).await;
    let here = raw.position().await;
    for _ in 0..4 {
        raw.record(change.clone(), None).await;
    }
    raw.redis(&["SLOWLOG", "RESET"]).await;
    raw.fill("a:2", &[], &[], here).await;
    slowest(&raw, "fill that looks back at large records").await;
}
