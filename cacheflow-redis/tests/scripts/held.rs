//! Writes under way: nothing is kept of what they are about to change.

use std::time::Duration;

use cacheflow::event::{Change, Forgotten};
use cacheflow::store::{Filled, Since};
use cacheflow_testkit::eventually;

use crate::raw::{Raw, key};

const LONG: Duration = Duration::from_secs(60);

#[tokio::test]
async fn while_a_key_is_held_neither_it_nor_what_is_made_of_it_is_kept() {
    let raw = Raw::start().await;
    raw.keep("users:1", &[], &[]).await;
    let held = raw.hold("users:1", LONG).await.record;
    assert!(held.open);
    let ttl = LONG;
    let key = key("users:1");
    assert_eq!(held.change, Change::Held { key, ttl });
    assert!(!raw.holds("users:1").await);
    // From a position after the record: the record itself is no hindrance.
    let here = held.position;
    assert_eq!(raw.fill("users:1", &[], &[], here).await, Filled::Refused);
    let made_of_it: &[&str] = &["a:1", "users:1"];
    assert_eq!(
        raw.fill("p:1", &[], made_of_it, here).await,
        Filled::Refused
    );
    assert_eq!(raw.fill("users:2", &[], &["a:1"], here).await, Filled::Kept);
    let put = raw.put("users:1", &[], &[], here).await.unwrap();
    assert!(!put.kept && !raw.holds("users:1").await);

    let done = raw.done(here.number).await.record;
    assert_eq!(done.change, Change::Done(here.number));
    assert!(!done.open);
    let here = done.position;
    assert_eq!(raw.fill("users:1", &[], &[], here).await, Filled::Kept);
    assert!(
        raw.server
            .keys()
            .await
            .iter()
            .all(|name| !name.ends_with(":held"))
    );
    raw.every_key_dies().await;
}

#[tokio::test]
async fn several_may_hold_a_key_and_each_ends_its_own() {
    let raw = Raw::start().await;
    for first_is_first in [true, false] {
        let one = raw.hold("a:1", LONG).await.record.position.number;
        let two = raw.hold("a:1", LONG).await.record.position.number;
        let (first, second) = if first_is_first {
            (one, two)
        } else {
            (two, one)
        };
        raw.done(first).await;
        let here = raw.position().await;
        assert_eq!(raw.fill("a:1", &[], &[], here).await, Filled::Refused);
        raw.done(second).await;
        let here = raw.position().await;
        assert_eq!(raw.fill("a:1", &[], &[], here).await, Filled::Kept);
    }
}

#[tokio::test]
async fn a_hold_ends_with_its_time_and_is_cleared_away_by_the_next() {
    let raw = Raw::start().await;
    // Long enough for a busy machine to be refused once before it is over.
    let held = raw.hold("a:1", Duration::from_secs(3)).await.record;
    let here = held.position;
    assert_eq!(raw.fill("a:1", &[], &[], here).await, Filled::Refused);
    eventually("the hold is over", LONG, async || {
        raw.fill("a:1", &[], &[], here).await == Filled::Kept
    })
    .await;
    // Its writer died: the next hold of any key clears it away.
    raw.hold("b:1", LONG).await;
    assert_eq!(raw.text(&["HGET", "p:journal:held", "a:1"]).await, "");
    let Since::Anew(snapshot) = raw.store.since(None).await.unwrap() else {
        panic!("a snapshot")
    };
    assert_eq!(snapshot.open.len(), 1);
    assert_eq!(snapshot.open[0].position.number, here.number + 1);
}

#[tokio::test]
async fn what_was_made_of_a_held_key_is_forgotten_by_a_record_before() {
    let raw = Raw::start().await;
    raw.keep("page:1", &[], &["users:1"]).await;
    let start = raw.position().await;
    let change = Change::Held {
        key: key("users:1"),
        ttl: LONG,
    };
    let held = raw.record(change, Some(start)).await;
    assert_eq!(held.record.position.number, start.number + 2);
    let missed = held.missed.unwrap();
    assert_eq!(missed.len(), 1);
    let both = [key("users:1"), key("page:1")];
    assert_eq!(missed[0].change, Change::Forgotten(Forgotten::keys(both)));
    assert!(!missed[0].open);
    assert!(!raw.holds("page:1").await);
}

#[tokio::test]
async fn done_of_what_is_not_open_is_a_record_all_the_same() {
    let raw = Raw::start().await;
    let start = raw.position().await;
    let done = raw.done(77).await;
    assert_eq!(done.record.position.number, start.number + 1);
    assert_eq!(done.record.change, Change::Done(77));
    assert_eq!(done.missed, Some(Vec::new()));
}

#[tokio::test]
async fn done_from_a_journal_that_is_gone_ends_nothing() {
    let raw = Raw::start().await;
    let old = raw.position().await;
    raw.redis(&["FLUSHALL"]).await;
    let held = raw.hold("a:1", LONG).await.record.position;
    assert_ne!(held.incarnation, old.incarnation);
    raw.record(Change::Done(held.number), Some(old)).await;
    let here = raw.position().await;
    assert_eq!(raw.fill("a:1", &[], &[], here).await, Filled::Refused);
    raw.record(Change::Done(held.number), Some(here)).await;
    let here = raw.position().await;
    assert_eq!(raw.fill("a:1", &[], &[], here).await, Filled::Kept);
}
