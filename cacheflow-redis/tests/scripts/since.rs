//! What was missed: told without gaps, or not at all.

use std::time::Duration;

use cacheflow::event::Position;
use cacheflow::store::Since;

use crate::raw::{Raw, after};

#[tokio::test]
async fn what_was_missed_is_told_in_order() {
    let raw = Raw::start().await;
    let start = raw.position().await;
    let mut made = Vec::new();
    for i in 0..600 {
        made.push(raw.forget(&[&format!("a:{i}")]).await);
    }
    let since = raw.store.since(Some(start)).await.unwrap();
    assert_eq!(since, Since::Records(made.clone()));
    let since = raw.store.since(Some(after(start, 598))).await.unwrap();
    assert_eq!(since, Since::Records(made[598..].to_vec()));
    let since = raw.store.since(Some(after(start, 600))).await.unwrap();
    assert_eq!(since, Since::Records(Vec::new()));
}

#[tokio::test]
async fn what_cannot_be_told_begins_anew() {
    let raw = Raw::start().await;
    let start = raw.position().await;
    for _ in 0..5 {
        raw.forget(&["a:1"]).await;
    }
    let open = raw.hold("a:1", Duration::from_secs(60)).await.record;
    let anew = async |known: Position| match raw.store.since(Some(known)).await.unwrap() {
        Since::Anew(snapshot) => snapshot,
        Since::Records(records) => panic!("{records:?}"),
    };
    let mut foreign = start;
    foreign.incarnation ^= 1;
    for known in [foreign, after(start, 7), after(start, u64::MAX - 1)] {
        let snapshot = anew(known).await;
        assert_eq!(snapshot.position, after(start, 6));
        assert_eq!(snapshot.open, std::slice::from_ref(&open));
    }
    // One in the middle is gone.
    raw.redis(&["XDEL", "p:journal:records", "3-0"]).await;
    anew(start).await;
    assert!(matches!(
        raw.store.since(Some(after(start, 3))).await.unwrap(),
        Since::Records(records) if records.len() == 3
    ));
    // One that nobody can read.
    raw.redis(&["XADD", "p:journal:records", "7-0", "m", "nonsense"])
        .await;
    raw.redis(&["HSET", "p:journal", "n", "7"]).await;
    anew(after(start, 4)).await;
    raw.redis(&["DEL", "p:journal:records"]).await;
    anew(after(start, 4)).await;
}

#[tokio::test]
async fn who_missed_too_much_begins_anew() {
    let raw = Raw::start().await;
    let start = raw.position().await;
    let fill = "for i = 1, 2001 do redis.call('XADD', KEYS[1], i .. '-0', 'm', ARGV[1] .. i .. '}') end redis.call('HSET', KEYS[2], 'n', 2001)";
    let message = format!(
        r#"{{"type":"EVICT","keys":["a:1"],"inc":"{:016x}","n":"#,
        start.incarnation
    );
    raw.redis(&[
        "EVAL",
        fill,
        "2",
        "p:journal:records",
        "p:journal",
        &message,
    ])
    .await;
    assert!(matches!(
        raw.store.since(Some(start)).await.unwrap(),
        Since::Anew(snapshot) if snapshot.position == after(start, 2001)
    ));
    assert!(matches!(
        raw.store.since(Some(after(start, 1))).await.unwrap(),
        Since::Records(records) if records.len() == 2_000
    ));
}
