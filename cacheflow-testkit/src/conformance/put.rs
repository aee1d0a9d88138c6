//! Puts: kept with their number, or, where two conflict, nobody's.

use std::time::Duration;

use cacheflow::entry::Envelope;
use cacheflow::event::Change;
use cacheflow::store::Recorded;

use super::nodes::{Nodes, WITHIN, cache, elsewhere, envelope, forget, key, later, put};
use crate::eventually;

pub(super) async fn a_put_is_kept_with_its_number(nodes: &Nodes) {
    let (user, start) = (key("users:1"), nodes.position().await);
    let mut checked = start;
    for _ in 0..3 {
        let recorded = nodes.put(&user, checked).await;
        assert!(recorded.kept);
        checked = recorded.position;
        let bytes = nodes.bytes(&user).await.expect("a value");
        let (as_of, rest) = bytes.split_at(Envelope::AS_OF_BYTES);
        let number = checked.number.to_le_bytes();
        assert_eq!(as_of, [number, number].concat(), "not the record's number");
        assert_eq!(rest, &envelope(start, "put")[Envelope::AS_OF_BYTES..]);
        Envelope::decode(&bytes, b"key", 1, 0).expect("an envelope");
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
    nodes.two.forget(&others, None).await.expect("a forgetting");
    nodes
        .two
        .clear(&cache("users_archive"), None)
        .await
        .expect("a clear");
    put(&*nodes.two, &others[1], checked).await.expect("a put");
    assert!(nodes.put(&user, checked).await.kept);
    assert!(nodes.bytes(&user).await.is_some());
}

pub(super) async fn a_put_after_another_put_removes_both(nodes: &Nodes) {
    let (user, checked) = (key("users:1"), nodes.position().await);
    assert!(put(&*nodes.two, &user, checked).await.expect("a put").kept);
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
    nodes
        .two
        .clear(&cache("users"), None)
        .await
        .expect("a clear");
    assert_not_kept(nodes, nodes.put(&user, checked).await).await;
}

pub(super) async fn a_put_from_far_behind_is_not_kept(nodes: &Nodes) {
    let (user, checked) = (key("users:1"), nodes.position().await);
    put(&*nodes.two, &user, checked).await.expect("a put");
    for _ in 0..600 {
        nodes.position().await;
    }
    assert_not_kept(nodes, nodes.put(&user, checked).await).await;
}

/// Whether that is an error or a put that was not kept, is the store's choice.
pub(super) async fn a_put_of_another_incarnation_is_not_kept(nodes: &Nodes) {
    let (user, here) = (key("users:1"), nodes.position().await);
    if let Ok(recorded) = put(&*nodes.one, &user, elsewhere(here)).await {
        assert_not_kept(nodes, recorded).await;
    }
    assert_eq!(nodes.bytes(&user).await, None);
}

pub(super) async fn a_put_tells_what_its_caller_has_missed(nodes: &Nodes) {
    let (user, checked) = (key("users:1"), nodes.position().await);
    assert_eq!(nodes.put(&user, checked).await.missed, Some(Vec::new()));
    let other = key("users:2");
    forget(&*nodes.two, &other).await;
    // One that is not kept tells it as well.
    let recorded = nodes.put(&user, checked).await;
    assert!(!recorded.kept);
    let missed = recorded.missed.expect("what was missed");
    let changes: Vec<_> = missed.iter().map(|record| &record.change).collect();
    assert_eq!(
        changes,
        [&Change::Put(user), &Change::Forgotten(vec![other])]
    );
    assert_eq!(missed[1].position, later(checked, 2));
}

async fn assert_not_kept(nodes: &Nodes, recorded: Recorded) {
    assert!(!recorded.kept);
    assert_eq!(nodes.bytes(&key("users:1")).await, None);
}
