//! Numbers are given out once, whatever becomes of the server.

use cacheflow::event::{Change, Position, Snapshot};
use cacheflow::store::{Filled, Since};
use cacheflow_testkit::RedisServer;

use crate::raw::{Raw, after, cache, envelope, key, marks, store};

const JUMP: u64 = 1 << 32;

async fn snapshot(raw: &Raw) -> Snapshot {
    match raw.store.since(None).await.unwrap() {
        Since::Anew(snapshot) => snapshot,
        Since::Records(records) => panic!("{records:?}"),
    }
}

/// A server that keeps what it is told before it answers.
async fn durable() -> Raw {
    let options = RedisServer::builder()
        .arg("--appendonly", "yes")
        .arg("--appendfsync", "always");
    Raw::on(options).await
}

/// Restarts the server and waits for the store to be there again.
async fn restart(raw: &Raw) {
    raw.server.restart().await;
    raw.answers().await;
}

#[tokio::test]
async fn a_journal_that_survives_a_restart_goes_on_above_all_numbers() {
    let raw = durable().await;
    let start = raw.position().await;
    raw.keep("a:1", &["x"], &[]).await;
    raw.forget(&["b:1"]).await;
    let open = raw.forget_tag("x").await;
    assert!(open.open);
    restart(&raw).await;

    let now = snapshot(&raw).await;
    assert_ne!(now.position.incarnation, start.incarnation);
    assert_eq!(now.position.number, JUMP + 2);
    assert_eq!(now.lineage, [after(start, 2)]);
    assert_eq!(now.open, std::slice::from_ref(&open));
    // Under the old one nothing is kept any more.
    assert_eq!(
        raw.fill("a:2", &[], &[], after(start, 2)).await,
        Filled::Refused
    );
    assert_eq!(raw.fill("a:2", &[], &[], now.position).await, Filled::Kept);
    // What was read is believed, as the lineage says, and an open record of the
    // old incarnation can be reclaimed and done.
    let stored = raw.store.get(&key("a:1")).await.unwrap().unwrap();
    assert_eq!(stored.incarnation, now.position.incarnation);
    let next = raw.forget(&["b:1"]).await;
    assert_eq!(next.position, after(now.position, 1));
    assert_eq!(raw.reclaim(&open).await.0, 1);
    raw.record(Change::Done(open.position.number), Some(open.position))
        .await;
    assert!(snapshot(&raw).await.open.is_empty());
}

#[tokio::test]
async fn numbers_above_two_to_the_thirty_two_work_everywhere() {
    let raw = durable().await;
    raw.keep("old:1", &["x"], &[]).await;
    raw.forget(&["b:1"]).await;
    restart(&raw).await;
    restart(&raw).await;
    let start = snapshot(&raw).await.position;
    assert_eq!(start.number, 2 * JUMP + 1);

    raw.keep("a:1", &["x"], &["b:1"]).await;
    let first = raw.forget(&["c:1"]).await;
    assert_eq!(first.position, after(start, 1));
    assert_eq!(raw.fill("a:2", &["x"], &[], start).await, Filled::Kept);
    assert_eq!(raw.fill("c:1", &[], &[], start).await, Filled::Refused);
    let put = raw.put("a:3", &["x"], &[], start).await.unwrap();
    assert!(put.kept);
    assert_eq!(put.record.position, after(start, 2));
    assert_eq!(put.missed, Some(vec![first]));
    let tag = raw.forget_tag("x").await;
    assert_eq!(tag.position, after(start, 3));
    let newer = raw.put("a:3", &["x"], &[], tag.position).await.unwrap();
    assert!(newer.kept);
    assert_eq!(
        raw.reclaim(&tag).await.0,
        3,
        "the oldest of a believed ancestor too"
    );
    assert!(raw.holds("a:3").await);
    let sweep = raw.record(Change::Forgotten(cache("a")), None).await.record;
    assert_eq!(raw.reclaim(&sweep).await.0, 1);
    let held = raw.hold("a:1", std::time::Duration::from_secs(9)).await;
    assert_eq!(held.record.position, after(start, 6));
    raw.done(held.record.position.number).await;
    let Since::Records(records) = raw.store.since(Some(start)).await.unwrap() else {
        panic!("records")
    };
    let numbers: Vec<u64> = records.iter().map(|it| it.position.number).collect();
    let expected: Vec<u64> = (1..=7).map(|i| start.number + i).collect();
    assert_eq!(numbers, expected);
    let position = raw.position().await;
    assert_eq!(raw.fill("a:1", &[], &[], position).await, Filled::Kept);
}

#[tokio::test]
async fn the_largest_numbers_are_exact() {
    let raw = Raw::start().await;
    let large = (1_u64 << 53) - 10;
    raw.redis(&["HSET", "p:journal", "n", &large.to_string()])
        .await;
    let here = Position {
        number: large,
        ..raw.position().await
    };
    raw.redis(&["HSET", "p:journal", "n", &large.to_string()])
        .await;
    let inc = raw.text(&["HGET", "p:journal", "inc"]).await;
    let here = Position {
        incarnation: u64::from_str_radix(&inc, 16).unwrap(),
        ..here
    };
    for i in 1..5 {
        assert_eq!(raw.forget(&["b:1"]).await.position, after(here, i));
    }
    assert_eq!(raw.fill("a:1", &[], &[], here).await, Filled::Kept);
    assert_eq!(raw.fill("b:1", &[], &[], here).await, Filled::Refused);
}

#[tokio::test]
async fn a_journal_that_was_flushed_begins_anew_without_ancestors() {
    let raw = durable().await;
    raw.forget(&["b:1"]).await;
    restart(&raw).await;
    let before = snapshot(&raw).await;
    assert_eq!(before.lineage.len(), 1);
    raw.server.flush_all().await;
    let now = snapshot(&raw).await;
    assert_ne!(now.position.incarnation, before.position.incarnation);
    assert_eq!(now.position.number, 0);
    assert_eq!((now.lineage.len(), now.open.len()), (0, 0));
    // A restart that loses everything, likewise.
    let raw = Raw::start().await;
    raw.forget(&["b:1"]).await;
    restart(&raw).await;
    let now = snapshot(&raw).await;
    assert_eq!((now.position.number, now.lineage.len()), (0, 0));
}

#[tokio::test]
async fn a_change_finds_its_journal_gone_and_begins_another() {
    let raw = Raw::start().await;
    let old = raw.position().await;
    raw.forget(&["b:1"]).await;
    raw.server.flush_all().await;
    let change = Change::Forgotten(cache("b"));
    let recorded = raw.record(change, Some(old)).await;
    assert_ne!(recorded.record.position.incarnation, old.incarnation);
    assert_eq!(recorded.record.position.number, 1);
    assert_eq!(recorded.missed, None);
    // It stays the same for those that connect later.
    let other = store(&raw.server.url());
    let since = other.since(Some(recorded.record.position)).await.unwrap();
    assert_eq!(since, Since::Records(Vec::new()));
}

#[tokio::test]
async fn a_lineage_is_no_longer_than_eight() {
    let raw = Raw::start().await;
    raw.position().await;
    for i in 0..10 {
        raw.redis(&["HSET", "p:journal", "run", &format!("other{i}")])
            .await;
        raw.position().await;
    }
    let now = snapshot(&raw).await;
    assert_eq!(now.lineage.len(), 8);
    assert_eq!(now.position.number, 10 * JUMP);
    let numbers: Vec<u64> = now.lineage.iter().map(|it| it.number / JUMP).collect();
    assert_eq!(numbers, [9, 8, 7, 6, 5, 4, 3, 2]);
}

#[tokio::test]
async fn a_value_of_another_journal_tells_that_there_is_another() {
    let raw = Raw::start().await;
    let old = raw.position().await;
    let other = store(&raw.server.url());
    other.ping().await.unwrap();
    raw.server.flush_all().await;
    let now = raw.position().await;
    // The other's connection still believes in the old journal.
    raw.keep("a:1", &[], &[]).await;
    let stored = other.get(&key("a:1")).await.unwrap().unwrap();
    assert_eq!(stored.incarnation, now.incarnation);
    // And bytes of the old one come as they are.
    let bytes = envelope("a:2", &marks(&[], &[]), old);
    let words: [&[u8]; 5] = [b"SET", b"p:a:2", &bytes, b"EX", b"60"];
    raw.redis(&words).await;
    let stored = other.get(&key("a:2")).await.unwrap().unwrap();
    assert_eq!(stored.bytes, bytes);
    assert_eq!(stored.incarnation, now.incarnation);
}
