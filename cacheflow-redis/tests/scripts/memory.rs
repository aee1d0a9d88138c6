//! A server that has no memory left.

use std::time::Duration;

use cacheflow::event::Change;
use cacheflow::store::Since;

use crate::raw::{Raw, cache};

/// Fills entries, then takes the server's memory away.
async fn full() -> Raw {
    let raw = Raw::start().await;
    raw.keep("a:1", &["x"], &[]).await;
    raw.keep("a:2", &["x"], &["a:1"]).await;
    raw.keep("b:1", &[], &[]).await;
    raw.redis(&["CONFIG", "SET", "maxmemory", "1"]).await;
    raw
}

#[tokio::test]
async fn forgetting_goes_through_to_the_end() {
    let raw = full().await;
    let record = raw.forget(&["a:1"]).await;
    assert!(!raw.holds("a:1").await && !raw.holds("a:2").await);
    let tag = raw.forget_tag("x").await;
    assert_eq!(tag.position.number, record.position.number + 1);
    raw.reclaim(&tag).await;
    let swept = raw.record(Change::Forgotten(cache("b")), None).await.record;
    assert_eq!(raw.reclaim(&swept).await.0, 1);
    raw.done(swept.position.number).await;
    let held = raw.hold("c:1", Duration::from_secs(60)).await.record;
    raw.done(held.position.number).await;
    raw.store.nodes().await.unwrap();
}

#[tokio::test]
async fn a_journal_can_begin_and_go_on() {
    let raw = full().await;
    raw.redis(&["CONFIG", "SET", "maxmemory", "0"]).await;
    raw.redis(&["HSET", "p:journal", "run", "another"]).await;
    raw.redis(&["CONFIG", "SET", "maxmemory", "1"]).await;
    let Since::Anew(now) = raw.store.since(None).await.unwrap() else {
        panic!("a snapshot")
    };
    assert_eq!(now.lineage.len(), 1);
    raw.redis(&["FLUSHALL"]).await;
    raw.forget(&["a:1"]).await;
    raw.redis(&["FLUSHALL"]).await;
    assert_eq!(raw.position().await.number, 0);
}

#[tokio::test]
async fn values_are_not_kept_and_old_ones_go() {
    let raw = full().await;
    let here = raw.position().await;
    let put = raw.put("a:1", &["x"], &["c:1"], here).await.unwrap();
    assert!(!put.kept);
    assert!(!raw.holds("a:1").await && !raw.holds("a:2").await);
    // A fill fails and leaves nothing behind.
    let marks = crate::raw::marks(&["y"], &["d:1"]);
    let key = crate::raw::key("b:1");
    let bytes = crate::raw::envelope("b:1", &marks, put.record.position);
    let fill = cacheflow::store::Fill {
        key: &key,
        bytes: &bytes,
        marks: &marks,
        ttl: crate::raw::TTL,
        longest: crate::raw::TTL,
        checked: put.record.position,
    };
    assert!(raw.store.fill(fill).await.is_err());
    let keys = raw.server.keys().await;
    let tags = keys
        .iter()
        .filter(|name| name.contains("tag:y") || name.contains("d:1"));
    assert_eq!(tags.count(), 0, "{keys:?}");
}
