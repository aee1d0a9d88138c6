//! The journal: numbers, and what an answer tells of them.

use cacheflow::event::{Change, Forgotten, Position};
use cacheflow::store::Recorded;

use super::nodes::Nodes;
use super::samples::{FAR, by_cache, by_keys, by_pattern, by_tag, elsewhere, key, later, tag};

pub(super) async fn each_change_takes_the_next_number(nodes: &Nodes) {
    let user = key("users:1");
    let start = nodes.position().await;
    let changes = [
        nodes.forget(by_keys(&["users:1"])).await,
        nodes.forget(by_cache("users")).await,
        nodes.put(&user, later(start, 2)).await,
        // One that is not kept, because another came between, is a record too.
        nodes.put(&user, start).await,
        nodes.forget(by_tag("org:7")).await,
        nodes.record(&Change::Done(start.number + 2)).await,
        // As is what changes nothing.
        nodes.record(&Change::Done(start.number + 2)).await,
        nodes.forget(Forgotten::everything()).await,
    ];
    for (number, recorded) in (1..).zip(changes) {
        assert_eq!(recorded.record.position, later(start, number));
        assert_eq!(recorded.kept, number != 4, "record {number}");
    }
}

pub(super) async fn a_record_names_what_was_forgotten(nodes: &Nodes) {
    let all = Forgotten {
        keys: vec![key("users:1"), key("users:*\u{fc}\"\\ \r\n")],
        tags: vec![tag("org:7"), tag("*\u{fc}\"\\ \r\n:{}[]$1")],
        patterns: by_pattern("us\\*ers:[*]?\u{fc}\"").patterns,
        caches: by_cache("a.b-c").caches,
        everything: true,
    };
    let every = [
        by_keys(&["users:1"]),
        by_tag("org:7"),
        by_cache("users"),
        by_pattern("users:*"),
        Forgotten::everything(),
        all,
    ];
    for forgotten in every {
        let recorded = nodes.forget(forgotten.clone()).await;
        assert_eq!(recorded.record.change, Change::Forgotten(forgotten));
    }
}

pub(super) async fn what_changes_nothing_takes_no_number(nodes: &Nodes) {
    let user = key("users:1");
    let start = nodes.position().await;
    let cleared = nodes.forget(by_cache("users")).await;
    nodes.fill(&user, "Ada", cleared.record.position).await;
    let stored = nodes.one.get(&user).await.expect("a get").expect("a value");
    nodes
        .one
        .discard(&user, &stored.bytes)
        .await
        .expect("a discard");
    nodes.part(&cleared.record, "").await;
    nodes.relations(&user).await;
    nodes.one.since(Some(start)).await.expect("records");
    nodes.one.nodes().await.expect("nodes");
    nodes.one.ping().await.expect("an answer");
    assert_eq!(nodes.position().await, later(start, 1));
}

pub(super) async fn an_answer_tells_what_its_caller_has_missed(nodes: &Nodes) {
    let (one, two) = (by_keys(&["users:1"]), key("users:2"));
    let start = nodes.position().await;
    let made = [
        nodes.forget(by_keys(&["users:1", "users:2"])).await,
        nodes.forget(by_cache("users")).await,
        nodes.put(&two, later(start, 2)).await,
    ];
    let made = made.map(|recorded| recorded.record);

    let recorded = record_from(nodes, one.clone(), start).await;
    assert_eq!(recorded.missed.as_deref(), Some(&made[..]));
    // Who stands right before its own record has missed nothing.
    let recorded = record_from(nodes, by_cache("users"), recorded.record.position).await;
    assert_eq!(recorded.missed, Some(Vec::new()));
    // Who stands in between has missed the rest.
    let recorded = record_from(nodes, by_cache("users"), later(start, 2)).await;
    let rest = recorded.missed.expect("what was missed");
    assert_eq!(rest[..1], made[2..]);
    assert_eq!(rest.len(), 3);
}

async fn record_from(nodes: &Nodes, forgotten: Forgotten, known: Position) -> Recorded {
    let change = Change::Forgotten(forgotten);
    let recorded = nodes.one.record(&change, Some(known)).await;
    recorded.expect("a record")
}

pub(super) async fn an_answer_does_not_guess_what_was_missed(nodes: &Nodes) {
    let start = nodes.position().await;
    for known in [None, Some(elsewhere(start)), Some(later(start, 1_000))] {
        for forgotten in [by_keys(&["users:1"]), by_cache("users"), by_tag("a")] {
            let change = Change::Forgotten(forgotten);
            let recorded = nodes.one.record(&change, known).await;
            assert_eq!(recorded.expect("a record").missed, None, "{known:?}");
        }
    }
}

pub(super) async fn an_answer_from_far_behind_is_complete_or_none(nodes: &Nodes) {
    let start = nodes.position().await;
    nodes.pass(FAR).await;
    let recorded = record_from(nodes, by_keys(&["users:1"]), start).await;
    assert_eq!(recorded.record.position, later(start, FAR + 1));
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
    let users: Vec<_> = (0..count).map(|n| key(&format!("users:{n}"))).collect();
    let other = key("users:x");
    let filled = [&users[0], &users[count / 2], &users[count - 1], &other];
    for user in filled {
        nodes.fill(user, "Ada", here).await;
    }
    let forgotten = Forgotten::keys(users.clone());
    let recorded = record_from(nodes, forgotten.clone(), here).await;
    assert_eq!(recorded.record.position, later(here, 1));
    assert_eq!(recorded.record.change, Change::Forgotten(forgotten));
    let seen = record_from(nodes, by_keys(&["users:y"]), here).await;
    let missed = seen.missed.expect("what was missed");
    assert_eq!(missed[0], recorded.record);
    let gone = filled[..3].iter().copied().cloned();
    let gone: Vec<_> = gone.collect();
    nodes.assert_gone(&recorded.record, &gone).await;
    assert!(nodes.seen(&other).await.is_some(), "forgotten unasked");
}
