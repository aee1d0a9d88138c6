//! PUT, FORGET and the sweep by themselves.

use std::collections::BTreeSet;

use cacheflow::ErrorKind;
use cacheflow::entry::Envelope;
use cacheflow::event::{Change, Position, Record};
use cacheflow::key::CacheName;
use cacheflow::store::{Filled, Recorded};
use cacheflow_testkit::Reply;

use crate::raw::{Raw, after, key};
use crate::world::{bytes_of, integer, redis, text, within};

fn numbers(recorded: &Recorded) -> Option<Vec<u64>> {
    let missed = recorded.missed.as_ref()?;
    Some(missed.iter().map(|record| record.position.number).collect())
}

#[tokio::test]
async fn a_put_is_as_new_as_its_own_record() {
    let raw = Raw::start().await;
    let start = raw.position().await;
    raw.forget(&["users:2"], None).await;
    let put = raw.put("users:1", start).await.unwrap();
    assert!(put.kept);
    assert_eq!(put.position, after(start, 2));
    assert_eq!(numbers(&put), Some(vec![1]));
    let bytes = bytes_of(&raw.server, "p:users:1").await.unwrap();
    let envelope = Envelope::decode(&bytes, b"users:1", 1, 0).unwrap();
    assert_eq!(envelope.as_of, 2);
    assert_eq!(envelope.incarnation, start.incarnation);
    raw.every_key_dies().await;
}

#[tokio::test]
async fn of_two_puts_that_did_not_know_of_one_another_none_is_kept() {
    let raw = Raw::start().await;
    let start = raw.position().await;
    assert!(raw.put("users:1", start).await.unwrap().kept);
    let second = raw.put("users:1", start).await.unwrap();
    assert!(!second.kept);
    assert!(!raw.holds("users:1").await, "nobody knows which is newer");
    // Who knows of the other may.
    assert!(raw.put("users:1", second.position).await.unwrap().kept);
}

#[tokio::test]
async fn a_put_loses_against_whatever_may_be_newer() {
    let raw = Raw::start().await;
    let start = raw.position().await;
    raw.forget(&["users:1"], None).await; // 1
    assert!(!raw.put("users:1", start).await.unwrap().kept); // 2
    raw.clear("users", None).await; // 3
    assert!(!raw.put("users:1", after(start, 2)).await.unwrap().kept); // 4
    assert!(raw.put("users:1", after(start, 4)).await.unwrap().kept); // 5
    // Of another key, the same records are no hindrance.
    assert!(raw.put("orders:1", start).await.unwrap().kept); // 6

    // Too far behind to tell: what is there goes.
    for _ in 0..256 {
        raw.forget(&["other:1"], None).await;
    }
    assert!(raw.holds("orders:1").await);
    assert!(!raw.put("orders:1", after(start, 5)).await.unwrap().kept);
    assert!(!raw.holds("orders:1").await);
    // The journal no longer reaches back.
    let here = raw.position().await;
    raw.forget(&["other:1"], None).await;
    redis(&raw.server, &["DEL", "p:journal:records"]).await;
    assert!(!raw.put("users:1", here).await.unwrap().kept);
    assert!(!raw.holds("users:1").await);
}

#[tokio::test]
async fn a_put_under_another_journal_changes_nothing() {
    let raw = Raw::start().await;
    let start = raw.position().await;
    assert!(raw.put("users:1", start).await.unwrap().kept);
    let foreign = Position {
        incarnation: start.incarnation ^ 1,
        ..start
    };
    let error = raw.put("users:1", foreign).await.unwrap_err();
    // An answer, not an absence: it must not open the breaker.
    assert_eq!(error.kind(), ErrorKind::Backend, "{error}");
    assert_eq!(raw.position().await, after(start, 1));
}

#[tokio::test]
async fn forgetting_removes_the_values_and_tells_what_the_caller_missed() {
    let raw = Raw::start().await;
    let start = raw.position().await;
    for name in ["users:1", "users:2", "users:3"] {
        assert_eq!(raw.fill(name, start).await, Filled::Kept);
    }
    let first = raw
        .forget(&["users:1", "users:2", "none:1"], Some(start))
        .await;
    assert_eq!((first.position, first.kept), (after(start, 1), true));
    assert_eq!(numbers(&first), Some(vec![]));
    assert!(!raw.holds("users:1").await && !raw.holds("users:2").await);
    assert!(raw.holds("users:3").await);

    raw.clear("orders", Some(start)).await;
    raw.put("users:4", after(start, 2)).await.unwrap();
    let last = raw.forget(&["users:3"], Some(start)).await;
    let forgotten = vec![key("users:1"), key("users:2"), key("none:1")];
    let changes = [
        Change::Forgotten(forgotten),
        Change::Cleared(CacheName::new("orders").unwrap()),
        Change::Put(key("users:4")),
    ];
    let missed = changes.into_iter().zip(1..).map(|(change, number)| Record {
        position: after(start, number),
        change,
    });
    assert_eq!(last.missed, Some(missed.collect()));
    raw.every_key_dies().await;
}

#[tokio::test]
async fn what_was_missed_is_told_completely_or_not_at_all() {
    let raw = Raw::start().await;
    let start = raw.position().await;
    for _ in 0..256 {
        raw.forget(&["users:1"], None).await;
    }
    let enough = raw.forget(&["users:1"], Some(start)).await;
    assert_eq!(numbers(&enough), Some((1..=256).collect()));
    let too_many = raw.forget(&["users:1"], Some(start)).await;
    assert_eq!(numbers(&too_many), None);

    let here = too_many.position;
    assert_eq!(numbers(&raw.forget(&["users:1"], None).await), None);
    let foreign = Position {
        incarnation: here.incarnation ^ 1,
        ..here
    };
    let unknown = raw.forget(&["users:1"], Some(foreign)).await;
    assert_eq!(numbers(&unknown), None);
    let ahead = raw.forget(&["users:1"], Some(after(here, 100))).await;
    assert_eq!(numbers(&ahead), None);
    redis(&raw.server, &["XTRIM", "p:journal:records", "MAXLEN", "1"]).await;
    assert_eq!(numbers(&raw.forget(&["users:1"], Some(here)).await), None);
}

#[tokio::test]
async fn a_journal_that_was_flushed_away_begins_anew_when_something_is_forgotten() {
    let raw = Raw::start().await;
    let first = raw.forget(&["users:1"], None).await.position;
    raw.server.flush_all().await;
    let error = raw.put("users:1", first).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Backend, "{error}");
    assert_eq!(raw.fill("users:1", first).await, Filled::Refused);
    assert_eq!(raw.server.keys().await, [""; 0]);

    let anew = raw.forget(&["users:1"], Some(first)).await;
    assert_ne!(anew.position.incarnation, first.incarnation);
    assert_eq!((anew.position.number, anew.missed), (1, None));
    // A stream that survived its journal is not taken for its successor's.
    redis(&raw.server, &["DEL", "p:journal"]).await;
    let third = raw.forget(&["users:1"], Some(anew.position)).await.position;
    assert_ne!(third.incarnation, anew.position.incarnation);
    assert_eq!(
        integer(&raw.server, &["XLEN", "p:journal:records"]).await,
        1
    );
    raw.every_key_dies().await;
}

#[tokio::test]
async fn the_journal_keeps_its_last_records_and_lives_on_with_each() {
    let raw = Raw::start().await;
    raw.forget(&["users:1"], None).await;
    for name in ["p:journal", "p:journal:records"] {
        redis(&raw.server, &["PEXPIRE", name, "60000"]).await;
    }
    raw.forget(&["users:1"], None).await;
    for name in ["p:journal", "p:journal:records"] {
        let left = integer(&raw.server, &["PTTL", name]).await;
        assert!(left > 29 * 24 * 3600 * 1000, "{name}: {left}");
    }
    // More records than are kept: about ten thousand stay.
    let script = "for i = 1, 12000 do redis.call('XADD', KEYS[1], 'MAXLEN', '~', '20000',
        (i + 2) .. '-0', 'm', 'x', 'k', 'users:1') end redis.call('HSET', KEYS[2], 'n', '12002')";
    let words = ["EVAL", script, "2", "p:journal:records", "p:journal"];
    redis(&raw.server, &words).await;
    raw.forget(&["users:1"], None).await;
    let kept = integer(&raw.server, &["XLEN", "p:journal:records"]).await;
    assert!((10_000..=10_200).contains(&kept), "{kept}");
}

#[tokio::test]
async fn a_sweep_goes_through_a_cache_in_steps_and_through_no_other() {
    let raw = Raw::start().await;
    let script = "for i = 1, 3000 do
        redis.call('SET', 'p:users:' .. i, 'x', 'PX', 60000)
        redis.call('SET', 'p:users_archive:' .. i, 'x', 'PX', 60000) end";
    redis(&raw.server, &["EVAL", script, "0"]).await;
    let stranger = [
        b"SET".as_slice(),
        b"p:users:\xff\xfe",
        b"x",
        b"PX",
        b"60000",
    ];
    let reply = raw.server.command(&stranger).await.unwrap();
    assert_eq!(reply, Reply::Simple("OK".to_owned()));
    let journal = raw.position().await;

    let users = CacheName::new("users").unwrap();
    let (mut cursor, mut steps) = (Some(0), 0);
    while let Some(from) = cursor {
        cursor = within(raw.store.sweep(&users, from)).await.unwrap();
        steps += 1;
    }
    assert!(steps > 3, "{steps} steps are few for 6000 keys");
    let left = raw.server.keys().await;
    let caches: BTreeSet<_> = left
        .iter()
        .filter_map(|key| key.split(':').nth(1))
        .collect();
    assert_eq!(
        caches.into_iter().collect::<Vec<_>>(),
        ["journal", "users_archive"]
    );
    assert_eq!(left.len(), 3001);
    assert_eq!(raw.position().await, journal);
    assert_eq!(text(&raw.server, &["GET", "p:users_archive:7"]).await, "x");
}
