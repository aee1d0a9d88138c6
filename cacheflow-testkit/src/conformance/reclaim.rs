//! Reclaiming: what open records have left behind is removed in parts.

use cacheflow::event::Forgotten;
use cacheflow::key::{FullKey, Marks};
use cacheflow::store::Filled;

use super::nodes::{Nodes, fill, next, snapshot};
use super::samples::{by_cache, by_keys, by_pattern, by_tag, key, keys, made_of, tag, tagged};

/// No part of a reclaim may be so long that others wait for it.
const MOST_IN_A_PART: u64 = 1_000;

pub(super) async fn a_clear_removes_its_cache_and_no_other(nodes: &Nodes) {
    let here = nodes.position().await;
    let mine: Vec<_> = ["1", "2:x", "*", "", "users", "[a]"]
        .map(|name| key(&format!("users.a-b:{name}")))
        .into();
    let others = keys(&[
        "users.a-b.c:1",
        "users.a-bc:1",
        "users.a:b",
        "users:1",
        "usersXa-b:1",
        "xusers.a-b:1",
    ]);
    for user in mine.iter().chain(&others) {
        let filled = nodes.fill(user, "Ada", here).await;
        assert_eq!(filled, Filled::Kept);
    }
    let cleared = nodes.forget(by_cache("users.a-b")).await;
    nodes.assert_gone(&cleared.record, &mine).await;
    for user in &others {
        assert!(
            nodes.seen(user).await.is_some(),
            "{user} was removed as well"
        );
    }
}

pub(super) async fn a_tag_removes_its_entries_and_no_other(nodes: &Nodes) {
    nodes.keep("a:1", &tagged(&["org:7"])).await;
    nodes.keep("b:1", &tagged(&["x", "org:7", "y"])).await;
    nodes.keep("b:2", &tagged(&["org:77", "org:"])).await;
    nodes.keep("b:3", Marks::NONE).await;
    nodes.keep("org:7", Marks::NONE).await;
    nodes.keep("b:4", &made_of(&["org:7"])).await;
    let record = nodes.forget(by_tag("org:7")).await.record;
    nodes.assert_gone(&record, &keys(&["a:1", "b:1"])).await;
    let others = keys(&["b:2", "b:3", "b:4", "org:7"]);
    nodes.assert_kept(&record, &others).await;
}

pub(super) async fn tags_with_hostile_characters_are_told_apart(nodes: &Nodes) {
    let names = [
        "*", "?", "[a-z]", "a", "\\*", ":", "{a}", "a b", "\r\n", "\0", "'", "\"", "ü", "%", "$1",
    ];
    let user = |number: usize| key(&format!("users:{number}"));
    for (number, name) in names.into_iter().enumerate() {
        nodes.keep(user(number).as_str(), &tagged(&[name])).await;
    }
    for (gone, name) in names.into_iter().enumerate() {
        let record = nodes.forget(by_tag(name)).await.record;
        nodes.assert_gone(&record, &[user(gone)]).await;
        for (number, other) in names.into_iter().enumerate().skip(gone + 1) {
            let seen = nodes.seen(&user(number)).await;
            assert!(seen.is_some(), "{other:?} after {name:?}");
        }
    }
}

pub(super) async fn an_entry_is_not_removed_by_a_tag_that_it_had(nodes: &Nodes) {
    nodes.keep("a:1", &tagged(&["old", "both"])).await;
    nodes.keep("a:1", &tagged(&["both", "new"])).await;
    nodes.keep("a:2", &tagged(&["old"])).await;
    let here = nodes.position().await;
    let put = nodes.put_marked(&key("a:2"), &tagged(&["new"]), here).await;
    nodes.settle(&put.record).await;
    nodes.keep("a:3", &tagged(&["old"])).await;
    let forgotten = nodes.forget(by_keys(&["a:3"])).await;
    nodes.settle(&forgotten.record).await;
    nodes.keep("a:3", &tagged(&["new"])).await;
    let all = keys(&["a:1", "a:2", "a:3"]);
    let record = nodes.forget(by_tag("old")).await.record;
    nodes.assert_kept(&record, &all).await;
    let record = nodes.forget(by_tag("new")).await.record;
    nodes.assert_gone(&record, &all).await;
}

pub(super) async fn everything_goes_and_the_journal_goes_on(nodes: &Nodes) {
    let stranger = nodes.store_in(&nodes.stranger());
    let there = next(&*stranger).await;
    fill(&*stranger, &key("a:1"), "there", there).await;
    nodes.keep("a:1", Marks::NONE).await;
    nodes.keep("b:1", &tagged(&["t"])).await;
    nodes.keep("c:1", &made_of(&["a:1"])).await;
    let here = nodes.position().await;
    let record = nodes.forget(Forgotten::everything()).await.record;
    nodes
        .assert_gone(&record, &keys(&["a:1", "b:1", "c:1"]))
        .await;
    let position = nodes.position().await;
    assert_eq!(position.incarnation, here.incarnation);
    assert!(position.number > here.number);
    let kept = stranger.get(&key("a:1")).await.expect("a get");
    assert!(
        kept.is_some(),
        "everything of another namespace went as well"
    );
    assert_eq!(snapshot(&*stranger).await.position, there);
}

pub(super) async fn a_record_of_many_things_removes_all_of_them(nodes: &Nodes) {
    nodes.keep("a:1", Marks::NONE).await;
    nodes.keep("b:1", &made_of(&["a:1"])).await;
    nodes.keep("c:1", &tagged(&["t"])).await;
    nodes.keep("c:2", &tagged(&["u"])).await;
    nodes.keep("d:1", Marks::NONE).await;
    nodes.keep("e:17", Marks::NONE).await;
    nodes.keep("e:2", Marks::NONE).await;
    let all = Forgotten {
        tags: vec![tag("t"), tag("nothing"), tag("u")],
        caches: by_cache("d").caches,
        patterns: by_pattern("e:1*").patterns,
        ..by_keys(&["a:1"])
    };
    let record = nodes.forget(all).await.record;
    let gone = keys(&["a:1", "b:1", "c:1", "c:2", "d:1", "e:17"]);
    nodes.assert_gone(&record, &gone).await;
    assert!(nodes.seen(&key("e:2")).await.is_some());
}

/// What names many values, for each kind of record that can be open.
fn names_many() -> [Forgotten; 4] {
    [
        by_cache("users"),
        by_tag("t"),
        by_pattern("users:*"),
        Forgotten::everything(),
    ]
}

fn many(count: usize) -> Vec<FullKey> {
    (0..count).map(|n| key(&format!("users:{n}"))).collect()
}

async fn fill_all(nodes: &Nodes, users: &[FullKey]) {
    let here = nodes.position().await;
    for user in users {
        let filled = nodes.fill_marked(user, &tagged(&["t"]), here).await;
        assert_eq!(filled, Filled::Kept);
    }
}

async fn count(nodes: &Nodes, users: &[FullKey]) -> u64 {
    let mut count = 0;
    for user in users {
        count += u64::from(nodes.bytes(user).await.is_some());
    }
    count
}

pub(super) async fn a_reclaim_of_many_values_ends(nodes: &Nodes) {
    let users = many(1_200);
    for forgotten in names_many() {
        fill_all(nodes, &users).await;
        let record = nodes.forget(forgotten.clone()).await.record;
        let left = count(nodes, &users).await;
        let removed = nodes.settle(&record).await;
        assert_eq!(count(nodes, &users).await, 0, "{forgotten:?}");
        assert_eq!(removed, left, "{forgotten:?}");
    }
}

/// However much there is that the record has nothing to do with.
pub(super) async fn a_reclaim_gets_past_what_stays(nodes: &Nodes) {
    let here = nodes.position().await;
    let others: Vec<_> = (0..700).map(|n| key(&format!("others:{n}"))).collect();
    for other in &others {
        nodes.fill(other, "stays", here).await;
    }
    let users = many(3);
    for forgotten in names_many().into_iter().filter(|all| !all.everything) {
        fill_all(nodes, &users).await;
        let record = nodes.forget(forgotten).await.record;
        nodes.assert_gone(&record, &users).await;
    }
    assert_eq!(count(nodes, &others).await, 700);
}

pub(super) async fn parts_are_bounded_and_can_be_repeated(nodes: &Nodes) {
    let users = many(1_200);
    for forgotten in names_many() {
        fill_all(nodes, &users).await;
        let record = nodes.forget(forgotten.clone()).await.record;
        let (left, mut removed) = (count(nodes, &users).await, 0);
        let mut cursor = Some(String::new());
        while let Some(from) = cursor {
            let first = nodes.part(&record, &from).await;
            let again = nodes.part(&record, &from).await;
            for part in [&first, &again] {
                assert!(part.removed <= MOST_IN_A_PART, "{forgotten:?}: {part:?}");
                removed += part.removed;
            }
            cursor = again.next.and(first.next);
        }
        // Whoever died in between left it to another, who begins anew.
        removed += nodes.settle(&record).await;
        assert_eq!(count(nodes, &users).await, 0, "{forgotten:?}");
        assert_eq!(removed, left, "{forgotten:?}");
    }
}

pub(super) async fn newer_values_stay_and_are_found_by_later_records(nodes: &Nodes) {
    let users = many(600);
    for forgotten in names_many() {
        fill_all(nodes, &users).await;
        let record = nodes.forget(forgotten.clone()).await.record;
        // Right after the record, and between two parts.
        fill_all(nodes, &users[..20]).await;
        let part = nodes.part(&record, "").await;
        fill_all(nodes, &users[580..]).await;
        if let Some(next) = part.next {
            nodes.part(&record, &next).await;
        }
        nodes.settle(&record).await;
        for (number, user) in users.iter().enumerate() {
            let newer = !(20..580).contains(&number);
            let seen = nodes.seen(user).await.is_some();
            assert_eq!(seen, newer, "{user} after {forgotten:?}");
            let kept = nodes.bytes(user).await.is_some();
            assert_eq!(kept, newer, "{user} is kept after {forgotten:?}");
        }
        let record = nodes.forget(forgotten.clone()).await.record;
        nodes.assert_gone(&record, &users[..20]).await;
        nodes.assert_gone(&record, &users[580..]).await;
    }
}

/// A node that was away may reclaim what has long been done.
pub(super) async fn a_late_reclaim_does_no_harm(nodes: &Nodes) {
    for forgotten in names_many() {
        let record = nodes.forget(forgotten).await.record;
        nodes.settle(&record).await;
        nodes.keep("users:1", &tagged(&["t"])).await;
        nodes.part(&record, "").await;
        assert!(nodes.seen(&key("users:1")).await.is_some());
        let record = nodes.forget(by_tag("t")).await.record;
        nodes.assert_gone(&record, &keys(&["users:1"])).await;
    }
}

/// One node's reclaim does not end another's.
pub(super) async fn two_records_of_one_tag_are_reclaimed_each(nodes: &Nodes) {
    nodes.keep("a:1", &tagged(&["t"])).await;
    let first = nodes.forget(by_tag("t")).await.record;
    nodes.keep("a:2", &tagged(&["t"])).await;
    let second = nodes.forget(by_tag("t")).await.record;
    nodes.keep("a:3", &tagged(&["t"])).await;
    nodes.assert_gone(&second, &keys(&["a:2"])).await;
    nodes.assert_gone(&first, &keys(&["a:1"])).await;
    assert!(nodes.seen(&key("a:3")).await.is_some());
}

pub(super) async fn a_reclaim_of_nothing_ends(nodes: &Nodes) {
    for forgotten in names_many() {
        let record = nodes.forget(forgotten).await.record;
        assert_eq!(nodes.settle(&record).await, 0);
    }
}
