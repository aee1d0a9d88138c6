//! The same rules where nodes work at the same time. What is right after a race
//! does not depend on who won.

use std::sync::Arc;

use cacheflow::event::{Change, Forgotten};
use cacheflow::key::Marks;
use cacheflow::store::Fill;
use tokio::task::JoinSet;

use super::nodes::{Nodes, fill, put};
use super::samples::{LONG, by_cache, by_keys, by_tag, envelope, key, keys, marked, tagged};

/// How often each race is run.
const ROUNDS: usize = 100;

pub(super) async fn concurrent_changes_are_dense(nodes: &Nodes) {
    const CHANGES: u64 = 150;
    let start = nodes.position().await;
    let mut changes = JoinSet::new();
    for number in 0..CHANGES {
        let even = number % 2 == 0;
        let store = Arc::clone(if even { &nodes.one } else { &nodes.two });
        changes.spawn(async move {
            let user = key(&format!("users:{}", number % 7));
            let recorded = match number % 3 {
                0 => {
                    let forgotten = Forgotten::keys([user]);
                    store.record(&Change::Forgotten(forgotten), None).await
                }
                1 => {
                    let cleared = Change::Forgotten(by_cache("users"));
                    store.record(&cleared, None).await
                }
                _ => put(&*store, &user, Marks::NONE, start).await,
            };
            recorded.expect("a change").record.position
        });
    }
    let positions = changes.join_all().await;
    assert!(positions.iter().all(|p| p.incarnation == start.incarnation));
    let mut numbers: Vec<_> = positions.iter().map(|p| p.number).collect();
    numbers.sort_unstable();
    let dense: Vec<_> = (1..=CHANGES).map(|n| start.number + n).collect();
    assert_eq!(numbers, dense, "numbers are missing or used twice");
}

/// Filled first, it was removed; forgotten first, it was refused.
pub(super) async fn a_fill_beside_a_forgetting_leaves_nothing(nodes: &Nodes) {
    for _ in 0..ROUNDS {
        let loaded = nodes.position().await;
        let (one, two) = (Arc::clone(&nodes.one), Arc::clone(&nodes.two));
        let filling = async move { fill(&*one, &key("users:1"), "old", loaded).await };
        let change = Change::Forgotten(by_keys(&["users:1"]));
        let forgetting = async move { two.record(&change, None).await };
        let (filled, forgotten) = race(filling, forgetting).await;
        let forgotten = forgotten.expect("a forgetting");
        let kept = nodes.seen(&key("users:1")).await;
        assert_eq!(kept, None, "an old value is a hit ({filled:?})");
        nodes
            .assert_gone(&forgotten.record, &keys(&["users:1"]))
            .await;
    }
}

/// The same for a tag, whose entries are removed later.
pub(super) async fn a_fill_beside_its_tags_forgetting_leaves_nothing(nodes: &Nodes) {
    for _ in 0..ROUNDS {
        let loaded = nodes.position().await;
        let (one, two) = (Arc::clone(&nodes.one), Arc::clone(&nodes.two));
        let marks = tagged(&["t"]);
        let bytes = marked(loaded, &marks, "old");
        let filling = async move {
            let fill = Fill {
                key: &key("users:1"),
                bytes: &bytes,
                marks: &marks,
                ttl: LONG,
                longest: LONG,
                checked: loaded,
            };
            one.fill(fill).await
        };
        let change = Change::Forgotten(by_tag("t"));
        let forgetting = async move { two.record(&change, None).await };
        let (_, forgotten) = race(filling, forgetting).await;
        let record = forgotten.expect("a forgetting").record;
        nodes.assert_gone(&record, &keys(&["users:1"])).await;
    }
}

/// Filled first, it was replaced; put first, the fill was refused. A fill that is
/// refused late may take the put along; an old value is never there.
pub(super) async fn a_fill_beside_a_put_leaves_nothing_old(nodes: &Nodes) {
    for _ in 0..ROUNDS {
        let loaded = nodes.position().await;
        let (one, two) = (Arc::clone(&nodes.one), Arc::clone(&nodes.two));
        let filling = async move { fill(&*one, &key("users:1"), "old", loaded).await };
        let putting = async move { put(&*two, &key("users:1"), Marks::NONE, loaded).await };
        let (filled, recorded) = race(filling, putting).await;
        assert!(recorded.expect("a put").kept, "there was no conflict");
        if let Some(bytes) = nodes.seen(&key("users:1")).await {
            assert_eq!(bytes[16..], envelope(loaded, "put")[16..], "{filled:?}");
        }
    }
}

pub(super) async fn two_puts_beside_one_another_leave_nothing(nodes: &Nodes) {
    for _ in 0..ROUNDS {
        let checked = nodes.position().await;
        let (one, two) = (Arc::clone(&nodes.one), Arc::clone(&nodes.two));
        let here = async move { put(&*one, &key("users:1"), Marks::NONE, checked).await };
        let there = async move { put(&*two, &key("users:1"), Marks::NONE, checked).await };
        let (here, there) = race(here, there).await;
        let puts = [here, there].map(|put| put.expect("a put"));
        assert_ne!(
            puts[0].kept, puts[1].kept,
            "the first is kept, the second knows better"
        );
        assert!(nodes.seen(&key("users:1")).await.is_none());
        for put in &puts {
            nodes.settle(&put.record).await;
        }
        let kept = nodes.bytes(&key("users:1")).await;
        assert!(kept.is_none(), "nobody knows whose value is the newest");
    }
}

async fn race<A: Send + 'static, B: Send + 'static>(
    one: impl Future<Output = A> + Send + 'static,
    two: impl Future<Output = B> + Send + 'static,
) -> (A, B) {
    let (one, two) = (tokio::spawn(one), tokio::spawn(two));
    (one.await.expect("no panic"), two.await.expect("no panic"))
}
