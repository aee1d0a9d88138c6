//! However much there is to do, no step keeps the server busy for long.

use cacheflow::event::{Change, Forgotten};
use cacheflow::store::Filled;

use crate::raw::{Raw, cache, key};

/// So many commands a single script may run: each takes a microsecond or less.
const BOUND: i64 = 8_000;

/// How many commands a script has run since the last call, on average.
async fn bounded(raw: &Raw, what: &str) {
    let stats = raw.redis(&["INFO", "commandstats"]).await;
    let (mut scripts, mut commands) = (0, 0);
    for line in stats.text().unwrap_or_default().lines() {
        let Some((name, rest)) = line.split_once(":calls=") else {
            continue;
        };
        let calls: i64 = rest.split(',').next().unwrap().parse().unwrap();
        match name {
            "cmdstat_eval" | "cmdstat_evalsha" => scripts += calls,
            _ => commands += calls,
        }
    }
    assert!(scripts > 0, "{what}: no script ran");
    println!("{what}: {} commands a script", commands / scripts);
    assert!(
        commands / scripts < BOUND,
        "{what}: {commands} in {scripts}"
    );
    anew(raw).await;
}

/// Counts from here on.
async fn anew(raw: &Raw) {
    raw.redis(&["CONFIG", "RESETSTAT"]).await;
}

fn names(cache: &str, count: usize) -> Vec<String> {
    (0..count).map(|i| format!("{cache}:{i}")).collect()
}

#[tokio::test]
async fn steps_over_many_entries_are_bounded() {
    let raw = Raw::start().await;
    let here = raw.position().await;
    anew(&raw).await;
    for name in names("m", 499) {
        raw.fill(&name, &["x", "y"], &["a:1", "b:1"], here).await;
    }
    bounded(&raw, "fill of 4 marks").await;
    raw.forget(&["a:1"]).await;
    bounded(&raw, "forget 500").await;
    let here = raw.position().await;
    for name in names("m", 1_000) {
        raw.fill(&name, &["x", "y"], &["a:1", "b:1"], here).await;
    }
    let open = raw.forget_tag("x").await;
    anew(&raw).await;
    assert_eq!(raw.reclaim(&open).await.0, 1_000);
    bounded(&raw, "reclaim of an index").await;
    let here = raw.position().await;
    for name in names("m", 1_000) {
        raw.fill(&name, &["x", "y"], &["a:1", "b:1"], here).await;
    }
    let open = raw.record(Change::Forgotten(cache("m")), None).await.record;
    anew(&raw).await;
    assert_eq!(raw.reclaim(&open).await.0, 1_000);
    bounded(&raw, "reclaim by a scan").await;
}

#[tokio::test]
async fn steps_over_many_names_are_bounded() {
    let raw = Raw::start().await;
    let here = raw.position().await;
    let marks = names("mark", 500);
    let marks: Vec<&str> = marks.iter().map(String::as_str).collect();
    anew(&raw).await;
    for _ in 0..5 {
        assert_eq!(raw.fill("a:1", &marks, &marks, here).await, Filled::Kept);
    }
    bounded(&raw, "fill of 1000 marks").await;
    for i in 0..200 {
        raw.fill(&format!("n:{i}"), &marks, &["b:1"], here).await;
    }
    anew(&raw).await;
    raw.forget(&["b:1"]).await;
    bounded(&raw, "forget 200 of 500 marks").await;
    for _ in 0..250 {
        raw.forget(&["other:1"]).await;
    }
    anew(&raw).await;
    raw.fill("a:1", &marks, &marks, here).await;
    bounded(&raw, "fill that looks back 251").await;
    let keys: Vec<_> = names("o", 3_000).iter().map(|name| key(name)).collect();
    let change = Change::Forgotten(Forgotten::keys(keys));
    for _ in 0..8 {
        raw.record(change.clone(), None).await;
    }
    bounded(&raw, "forget 3000 keys").await;
    raw.record(change.clone(), Some(here)).await;
    raw.fill("a:2", &[], &[], here).await;
    let here = raw.position().await;
    for _ in 0..4 {
        raw.record(change.clone(), None).await;
    }
    anew(&raw).await;
    raw.fill("a:2", &[], &[], here).await;
    bounded(&raw, "fill that looks back at large records").await;
}
