//! Puts: kept with their number, or, where two conflict, nobody's.

use std::time::Duration;

use cacheflow::entry::Envelope;
use cacheflow::event::{Change, Forgotten};
use cacheflow::key::Marks;
use cacheflow::store::{Filled, Recorded};

use super::nodes::{Nodes, forget, put};
use super::samples::{
    FAR, WITHIN, by_cache, by_keys, by_tag, elsewhere, envelope, key, keys, later, made_of, opened,
    tag,
};
use crate::eventually;

pub(super) async fn a_put_is_kept_with_its_number(nodes: &Nodes) {
    let (user, start) = (key("users:1"), nodes.position().await);
    let mut checked = start;
    for _ in 0..3 {
        let recorded = nodes.put(&user, checked).await;
        assert!(recorded.kept);
        checked = recorded.record.position;
        let bytes = nodes.bytes(&user).await.expect("a value");
        let (as_of, rest) = bytes.split_at(Envelope::AS_OF_BYTES);
        let number = checked.number.to_le_bytes();
        assert_eq!(as_of, [number, number].concat(), "not the record's number");
        assert_eq!(rest, &envelope(start, "put")[Envelope::AS_OF_BYTES..]);
        opened(&bytes).expect("an envelope");
    }
}

pub(super) async fn a_put_ends_with_its_lifetime(nodes: &Nodes) {
    let (user, checked) = (key("users:1"), nodes.position().await);
    nodes
        .put_for(&user, Duration::from_millis(1), checked)
        .await;
    eventually("the value ended", WITHIN, async || {
        nodes.bytes(&user).await.is_none()
    })
    .await;
}

pub(super) async fn a_put_is_kept_after_other_keys_changed(nodes: &Nodes) {
    let (user, checked) = (key("users:1"), nodes.position().await);
    let others = [key("orders:1"), key("users:11"), key("users_archive:1")];
    nodes.forget(Forgotten::keys(others.clone())).await;
    nodes.forget(by_cache("users_archive")).await;
    put(&*nodes.two, &others[1], Marks::NONE, checked)
        .await
        .expect("a put");
    assert!(nodes.put(&user, checked).await.kept);
    assert!(nodes.bytes(&user).await.is_some());
}

pub(super) async fn a_put_after_another_put_removes_both(nodes: &Nodes) {
    let (user, checked) = (key("users:1"), nodes.position().await);
    assert!(
        put(&*nodes.two, &user, Marks::NONE, checked)
            .await
            .expect("a put")
            .kept
    );
    assert_not_kept(nodes, nodes.put(&user, checked).await).await;
}

pub(super) async fn a_put_after_a_forgetting_is_not_kept(nodes: &Nodes) {
    let (user, checked) = (key("users:1"), nodes.position().await);
    let forgotten = forget(&*nodes.two, &user).await;
    // What another has filled since goes too: it may be older than the put.
    nodes.fill(&user, "filled", forgotten).await;
    assert_not_kept(nodes, nodes.put(&user, checked).await).await;
}

pub(super) async fn a_put_after_a_clear_is_not_kept(nodes: &Nodes) {
    let (user, checked) = (key("users:1"), nodes.position().await);
    nodes.forget(by_cache("users")).await;
    assert_not_kept(nodes, nodes.put(&user, checked).await).await;
}

pub(super) async fn a_put_from_far_behind_is_not_kept(nodes: &Nodes) {
    let (user, checked) = (key("users:1"), nodes.position().await);
    put(&*nodes.two, &user, Marks::NONE, checked)
        .await
        .expect("a put");
    nodes.pass(FAR).await;
    assert_not_kept(nodes, nodes.put(&user, checked).await).await;
}

/// Whether that is an error or a put that was not kept, is the store's choice.
pub(super) async fn a_put_of_another_incarnation_is_not_kept(nodes: &Nodes) {
    let (user, here) = (key("users:1"), nodes.position().await);
    if let Ok(recorded) = put(&*nodes.one, &user, Marks::NONE, elsewhere(here)).await {
        assert_not_kept(nodes, recorded).await;
    }
    assert_eq!(nodes.bytes(&user).await, None);
}

pub(super) async fn a_put_tells_what_its_caller_has_missed(nodes: &Nodes) {
    let (user, checked) = (key("users:1"), nodes.position().await);
    let first = nodes.put(&user, checked).await;
    assert_eq!(first.missed, Some(Vec::new()));
    let forgotten = nodes.forget(by_keys(&["users:2"])).await;
    // One that is not kept tells it as well.
    let recorded = nodes.put(&user, checked).await;
    assert!(!recorded.kept);
    let missed = recorded.missed.expect("what was missed");
    assert_eq!(missed, [first.record, forgotten.record]);
    assert_eq!(missed[1].position, later(checked, 2));
}

pub(super) async fn a_put_is_forgotten_by_its_marks(nodes: &Nodes) {
    let marks = Marks::new(vec![tag("org:7")], keys(&["orders:5"]));
    let cases = [by_tag("org:7"), by_keys(&["orders:5"]), by_cache("orders")];
    for forgotten in cases {
        let checked = nodes.position().await;
        let put = nodes.put_marked(&key("users:1"), &marks, checked).await;
        assert!(put.kept, "{forgotten:?}");
        nodes.settle(&put.record).await;
        let bytes = nodes.seen(&key("users:1")).await.expect("a value");
        let envelope = opened(&bytes).expect("an envelope");
        assert_eq!(*envelope.marks, marks);
        let record = nodes.forget(forgotten).await.record;
        nodes.assert_gone(&record, &keys(&["users:1"])).await;
    }
}

/// It was made of what is no longer so.
pub(super) async fn a_put_is_not_kept_after_what_it_goes_by_was_forgotten(nodes: &Nodes) {
    let marks = Marks::new(vec![tag("org:7")], keys(&["orders:5"]));
    let cases = [by_tag("org:7"), by_keys(&["orders:5"]), by_cache("orders")];
    for forgotten in cases {
        let checked = nodes.position().await;
        nodes.forget(forgotten).await;
        let put = nodes.put_marked(&key("users:1"), &marks, checked).await;
        assert_not_kept(nodes, put).await;
    }
}

pub(super) async fn a_put_forgets_what_was_made_of_the_old_value(nodes: &Nodes) {
    nodes.keep("b:1", &made_of(&["a:1"])).await;
    nodes.keep("c:1", &made_of(&["b:1"])).await;
    nodes.keep("c:2", &made_of(&["a:1", "b:1"])).await;
    nodes.keep("d:1", &made_of(&["a:11"])).await;
    let loaded = nodes.position().await;
    let put = nodes.put(&key("a:1"), loaded).await;
    assert!(put.kept);
    let Change::Put {
        key: of,
        mut dependents,
    } = put.record.change.clone()
    else {
        panic!("not a put: {:?}", put.record);
    };
    dependents.sort();
    assert_eq!(of, key("a:1"));
    assert_eq!(dependents, keys(&["b:1", "c:1", "c:2"]));
    nodes
        .assert_gone(&put.record, &keys(&["b:1", "c:1", "c:2"]))
        .await;
    nodes.assert_kept(&put.record, &keys(&["a:1", "d:1"])).await;
    for (text, marks) in [("c:1", Marks::NONE.clone()), ("c:3", made_of(&["b:1"]))] {
        let filled = nodes.fill_marked(&key(text), &marks, loaded).await;
        assert_eq!(filled, Filled::Refused, "{text}");
    }
}

/// Whose value is the newest, nobody knows; that the old one is old, everybody.
pub(super) async fn a_put_that_is_not_kept_forgets_the_same(nodes: &Nodes) {
    nodes.keep("b:1", &made_of(&["users:1"])).await;
    let checked = nodes.position().await;
    nodes.forget(by_cache("users")).await;
    let put = nodes.put(&key("users:1"), checked).await;
    nodes.assert_gone(&put.record, &keys(&["b:1"])).await;
    assert_not_kept(nodes, put).await;
}

async fn assert_not_kept(nodes: &Nodes, recorded: Recorded) {
    assert!(!recorded.kept);
    nodes
        .assert_gone(&recorded.record, &keys(&["users:1"]))
        .await;
}
