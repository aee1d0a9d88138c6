//! The journal: numbers, and what an answer tells of them.

use cacheflow::event::{Change, Record};
use cacheflow::store::Recorded;

use super::nodes::{Nodes, cache, elsewhere, key, later};

pub(super) async fn each_change_takes_the_next_number(nodes: &Nodes) {
    let user = key("users:1");
    let start = nodes.position().await;
    let changes = [
        nodes.two.forget(std::slice::from_ref(&user), None).await,
        nodes.two.clear(&cache("users"), None).await,
        Ok(nodes.put(&user, later(start, 2)).await),
        // One that is not kept, because another came between, is a record too.
        Ok(nodes.put(&user, start).await),
        nodes.one.forget(std::slice::from_ref(&user), None).await,
    ];
    for (number, recorded) in (1..).zip(changes) {
        let recorded: Recorded = recorded.expect("a change");
        assert_eq!(recorded.position, later(start, number));
        assert_eq!(recorded.kept, number != 4, "record {number}");
    }
}

pub(super) async fn what_changes_nothing_takes_no_number(nodes: &Nodes) {
    let user = key("users:1");
    let start = nodes.position().await;
    nodes.fill(&user, "Ada", start).await;
    let stored = nodes.one.get(&user).await.expect("a get").expect("a value");
    nodes
        .one
        .discard(&user, &stored.bytes)
        .await
        .expect("a discard");
    nodes.one.sweep(&cache("users"), 0).await.expect("a sweep");
    nodes.one.ping().await.expect("an answer");
    assert_eq!(nodes.position().await, later(start, 1));
}

pub(super) async fn an_answer_tells_what_its_caller_has_missed(nodes: &Nodes) {
    let (one, two) = (key("users:1"), key("users:2"));
    let start = nodes.position().await;
    let keys = [one.clone(), two.clone()];
    nodes.two.forget(&keys, None).await.expect("a forgetting");
    nodes
        .two
        .clear(&cache("users"), None)
        .await
        .expect("a clear");
    nodes.put(&two, later(start, 2)).await;
    let changes = [
        Change::Forgotten(keys.to_vec()),
        Change::Cleared(cache("users")),
        Change::Put(two),
    ];
    let missed: Vec<_> = (1..)
        .zip(changes)
        .map(|(number, change)| Record {
            position: later(start, number),
            change,
        })
        .collect();

    let recorded = nodes
        .one
        .forget(&[one], Some(start))
        .await
        .expect("a forgetting");
    assert_eq!(recorded.missed.as_ref(), Some(&missed));
    // Who stands right before its own record has missed nothing.
    let recorded = nodes
        .one
        .clear(&cache("users"), Some(recorded.position))
        .await;
    assert_eq!(recorded.expect("a clear").missed, Some(Vec::new()));
    // Who stands in between has missed the rest.
    let recorded = nodes
        .one
        .clear(&cache("users"), Some(later(start, 2)))
        .await;
    let rest = recorded.expect("a clear").missed.expect("what was missed");
    assert_eq!(rest[..1], missed[2..]);
    assert_eq!(rest.len(), 3);
}

pub(super) async fn an_answer_does_not_guess_what_was_missed(nodes: &Nodes) {
    let start = nodes.position().await;
    for known in [None, Some(elsewhere(start)), Some(later(start, 1_000))] {
        let recorded = nodes.one.forget(&[key("users:1")], known).await;
        assert_eq!(recorded.expect("a forgetting").missed, None, "{known:?}");
        let recorded = nodes.one.clear(&cache("users"), known).await;
        assert_eq!(recorded.expect("a clear").missed, None, "{known:?}");
    }
}

pub(super) async fn an_answer_from_far_behind_is_complete_or_none(nodes: &Nodes) {
    const FAR: u64 = 600;
    let start = nodes.position().await;
    for _ in 0..FAR {
        nodes.position().await;
    }
    let recorded = nodes.two.forget(&[key("users:1")], Some(start)).await;
    let recorded = recorded.expect("a forgetting");
    assert_eq!(recorded.position, later(start, FAR + 1));
    if let Some(missed) = recorded.missed {
        let numbers: Vec<_> = missed.iter().map(|r| r.position.number).collect();
        let all: Vec<_> = (1..=FAR).map(|n| start.number + n).collect();
        assert_eq!(numbers, all);
    }
}

pub(super) async fn all_keys_of_a_forgetting_go_with_one_record(nodes: &Nodes) {
    forget_many(nodes, 10).await;
}

pub(super) async fn many_keys_are_one_record_too(nodes: &Nodes) {
    forget_many(nodes, 500).await;
}

async fn forget_many(nodes: &Nodes, count: usize) {
    let here = nodes.position().await;
    let keys: Vec<_> = (0..count).map(|n| key(&format!("users:{n}"))).collect();
    let filled = [
        &keys[0],
        &keys[count / 2],
        &keys[count - 1],
        &key("users:x"),
    ];
    for user in filled {
        nodes.fill(user, "Ada", here).await;
    }
    let recorded = nodes.one.forget(&keys, Some(here)).await;
    let recorded = recorded.expect("a forgetting of many keys");
    assert_eq!(recorded.position, later(here, 1));
    for user in &filled[..3] {
        assert_eq!(nodes.bytes(user).await, None, "{user}");
    }
    assert!(nodes.bytes(filled[3]).await.is_some(), "forgotten unasked");
    let seen = nodes.two.forget(&[key("users:x")], Some(here)).await;
    let missed = seen.expect("a forgetting").missed.expect("what was missed");
    assert_eq!(missed[0].change, Change::Forgotten(keys));
}
