//! PUT: as new as its own record, unless somebody was in between.

use cacheflow::ErrorKind;
use cacheflow::entry::Envelope;
use cacheflow::event::Change;
use cacheflow_testkit::Reply;

use crate::raw::{Raw, after, cache, key, keys_of, pattern};

#[tokio::test]
async fn a_put_is_as_new_as_its_own_record() {
    let raw = Raw::start().await;
    let start = raw.position().await;
    raw.forget(&["users:2"]).await;
    let put = raw.put("users:1", &["t"], &["a:1"], start).await.unwrap();
    assert!(put.kept && !put.record.open);
    assert_eq!(put.record.position, after(start, 2));
    assert_eq!(put.missed.unwrap().len(), 1);
    let Reply::Bulk(Some(bytes)) = raw.redis(&["GET", "p:users:1"]).await else {
        panic!("no value")
    };
    let envelope = Envelope::decode(&bytes, b"users:1", 1, 0).unwrap();
    assert_eq!(envelope.as_of, 2);
    assert_eq!(envelope.incarnation, start.incarnation);
    assert_eq!(raw.members("p:tag:t").await, ["users:1"]);
    assert_eq!(raw.members("p:rd:rev-deps:a:1").await, ["users:1"]);
    raw.every_key_dies().await;
}

#[tokio::test]
async fn a_put_forgets_what_was_made_of_the_old_value() {
    let raw = Raw::start().await;
    raw.keep("b:1", &[], &["a:1"]).await;
    raw.keep("c:1", &[], &["a:1", "b:1"]).await;
    let here = raw.position().await;
    let put = raw.put("a:1", &[], &[], here).await.unwrap();
    assert!(put.kept && raw.holds("a:1").await);
    assert_eq!(keys_of(&put.record), ["b:1", "c:1"]);
    assert!(matches!(&put.record.change, Change::Put { key: put, .. } if *put == key("a:1")));
    assert!(!raw.holds("b:1").await && !raw.holds("c:1").await);
}

#[tokio::test]
async fn a_put_with_more_dependents_than_one_step_may_remove_is_open() {
    let raw = Raw::start().await;
    let here = raw.position().await;
    for i in 0..600 {
        raw.fill(&format!("m:{i}"), &[], &["a:1"], here).await;
    }
    let put = raw.put("a:1", &[], &[], here).await.unwrap();
    assert!(put.kept && put.record.open);
    assert_eq!(raw.reclaim(&put.record).await.0, 600);
    assert!(raw.holds("a:1").await, "it is newer");
}

#[tokio::test]
async fn of_two_puts_that_did_not_know_of_one_another_none_is_kept() {
    let raw = Raw::start().await;
    let start = raw.position().await;
    assert!(raw.put("users:1", &[], &[], start).await.unwrap().kept);
    let second = raw.put("users:1", &[], &[], start).await.unwrap();
    assert!(!second.kept);
    assert!(!raw.holds("users:1").await, "nobody knows which is newer");
    let here = second.record.position;
    assert!(raw.put("users:1", &[], &[], here).await.unwrap().kept);
}

#[tokio::test]
async fn a_put_loses_against_whatever_may_be_newer() {
    let raw = Raw::start().await;
    for change in [cache("users"), pattern("*:1"), cache("a")] {
        raw.keep("users:1", &[], &[]).await;
        let here = raw.position().await;
        raw.record(Change::Forgotten(change), None).await;
        let put = raw.put("users:1", &[], &["a:2"], here).await.unwrap();
        assert!(!put.kept && !raw.holds("users:1").await);
    }
    let here = raw.position().await;
    raw.forget_tag("t").await;
    assert!(!raw.put("users:1", &["t"], &[], here).await.unwrap().kept);
    assert!(raw.put("users:2", &["u"], &[], here).await.unwrap().kept);
    raw.redis(&["DEL", "p:journal:records"]).await;
    assert!(!raw.put("users:2", &["u"], &[], here).await.unwrap().kept);
}

#[tokio::test]
async fn a_put_under_another_journal_changes_nothing() {
    let raw = Raw::start().await;
    let start = raw.position().await;
    let mut foreign = start;
    foreign.incarnation ^= 1;
    let error = raw.put("users:1", &[], &[], foreign).await.unwrap_err();
    // An answer, not an absence: it must not open the breaker.
    assert_eq!(error.kind(), ErrorKind::Backend, "{error}");
    assert_eq!(raw.position().await, start);
}
