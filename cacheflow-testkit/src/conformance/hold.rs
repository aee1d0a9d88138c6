//! Holds: while a write is under way, nothing of its key is kept.

use std::time::Duration;

use cacheflow::event::{Change, Record};
use cacheflow::key::{FullKey, Marks};
use cacheflow::store::Filled;

use super::nodes::Nodes;
use super::samples::{LONG, WITHIN, key, keys, later, made_of};
use crate::eventually;

impl Nodes {
    /// Node two begins to write.
    async fn hold(&self, key: &FullKey, ttl: Duration) -> Record {
        let key = key.clone();
        self.record(&Change::Held { key, ttl }).await.record
    }

    /// Fills with a value that was loaded just now.
    async fn fill_now(&self, text: &str, marks: &Marks) -> Filled {
        let here = self.position().await;
        self.fill_marked(&key(text), marks, here).await
    }
}

pub(super) async fn a_held_key_is_not_filled_until_the_hold_is_done(nodes: &Nodes) {
    let user = key("users:1");
    let loaded = nodes.position().await;
    let held = nodes.hold(&user, LONG).await;
    let expected = Change::Held {
        key: user.clone(),
        ttl: LONG,
    };
    assert_eq!((&held.change, held.open), (&expected, true));
    for _ in 0..2 {
        let filled = nodes.fill_now("users:1", Marks::NONE).await;
        assert_eq!(filled, Filled::Refused);
        nodes.next().await;
    }
    let filled = nodes.fill_now("users:11", Marks::NONE).await;
    assert_eq!(filled, Filled::Kept, "another key is held");
    nodes.done(&held).await;
    // Loaded before it began, that it is over does not help.
    assert_eq!(nodes.fill(&user, "old", loaded).await, Filled::Refused);
    assert_eq!(nodes.bytes(&user).await, None);
    let filled = nodes.fill_now("users:1", Marks::NONE).await;
    assert_eq!(filled, Filled::Kept);
}

pub(super) async fn what_is_made_of_a_held_key_is_not_filled(nodes: &Nodes) {
    let held = nodes.hold(&key("orders:5"), LONG).await;
    let marks = made_of(&["orders:4", "orders:5"]);
    assert_eq!(nodes.fill_now("users:1", &marks).await, Filled::Refused);
    let others = made_of(&["orders:4"]);
    assert_eq!(nodes.fill_now("users:2", &others).await, Filled::Kept);
    nodes.done(&held).await;
    assert_eq!(nodes.fill_now("users:1", &marks).await, Filled::Kept);
}

pub(super) async fn a_hold_forgets_its_key_and_what_was_made_of_it(nodes: &Nodes) {
    nodes.keep("a:1", Marks::NONE).await;
    nodes.keep("a:2", Marks::NONE).await;
    nodes.keep("b:1", &made_of(&["a:1"])).await;
    nodes.keep("c:1", &made_of(&["b:1"])).await;
    let start = nodes.position().await;
    let change = Change::Held {
        key: key("a:1"),
        ttl: LONG,
    };
    let recorded = nodes.one.record(&change, Some(start)).await;
    let recorded = recorded.expect("a hold");
    // What depends on it may be a record of its own before it.
    let missed = recorded.missed.expect("what was missed");
    let numbers: Vec<_> = missed.iter().map(|r| r.position).collect();
    let dense: Vec<_> = (1..=missed.len() as u64).map(|n| later(start, n)).collect();
    assert_eq!(numbers, dense);
    let next = later(start, missed.len() as u64 + 1);
    assert_eq!(recorded.record.position, next);

    let gone = keys(&["a:1", "b:1", "c:1"]);
    for key in &gone {
        assert_eq!(nodes.seen(key).await, None, "{key} is a hit");
    }
    for record in &missed {
        nodes.settle(record).await;
    }
    nodes.assert_gone(&recorded.record, &gone).await;
    assert!(nodes.seen(&key("a:2")).await.is_some());
}

pub(super) async fn a_put_during_a_hold_is_not_kept(nodes: &Nodes) {
    let user = key("users:1");
    let held = nodes.hold(&user, LONG).await;
    let here = nodes.position().await;
    let put = nodes.put(&user, here).await;
    assert!(!put.kept);
    nodes.assert_gone(&put.record, &keys(&["users:1"])).await;
    nodes.done(&held).await;
    let here = nodes.position().await;
    assert!(nodes.put(&user, here).await.kept);
    assert!(nodes.seen(&user).await.is_some());
}

/// Each writer has its own.
pub(super) async fn a_hold_lasts_when_another_of_its_key_is_done(nodes: &Nodes) {
    let user = key("users:1");
    let first = nodes.hold(&user, LONG).await;
    let second = nodes.hold(&user, LONG).await;
    nodes.done(&first).await;
    let filled = nodes.fill_now("users:1", Marks::NONE).await;
    assert_eq!(filled, Filled::Refused, "the second write is under way");
    nodes.done(&second).await;
    let filled = nodes.fill_now("users:1", Marks::NONE).await;
    assert_eq!(filled, Filled::Kept);
}

pub(super) async fn a_hold_ends_with_its_time(nodes: &Nodes) {
    let user = key("users:1");
    nodes.hold(&user, Duration::from_millis(300)).await;
    eventually("the hold is over", WITHIN, async || {
        nodes.fill_now("users:1", Marks::NONE).await == Filled::Kept
    })
    .await;
    assert!(nodes.seen(&user).await.is_some());
}

pub(super) async fn a_hold_is_open_until_it_is_done(nodes: &Nodes) {
    let held = nodes.hold(&key("users:1"), LONG).await;
    let open = nodes.snapshot().await.open;
    assert_eq!(open, std::slice::from_ref(&held));
    nodes.done(&held).await;
    let open = nodes.snapshot().await.open;
    assert!(!open.contains(&held), "{open:?}");
}
