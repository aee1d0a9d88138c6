//! The same rules where nodes work at the same time. What is right after a race
//! does not depend on who won.

use std::sync::Arc;

use tokio::task::JoinSet;

use super::nodes::{Nodes, cache, envelope, fill, key, put};

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
                0 => store.forget(&[user], None).await,
                1 => store.clear(&cache("users"), None).await,
                _ => put(&*store, &user, start).await,
            };
            recorded.expect("a change").position
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
        let forgetting = async move { two.forget(&[key("users:1")], None).await };
        let (filled, forgotten) = race(filling, forgetting).await;
        forgotten.expect("a forgetting");
        let kept = nodes.bytes(&key("users:1")).await;
        assert_eq!(kept, None, "an old value was kept ({filled:?})");
    }
}

/// Filled first, it was replaced; put first, the fill was refused.
pub(super) async fn a_fill_beside_a_put_leaves_the_put(nodes: &Nodes) {
    for _ in 0..ROUNDS {
        let loaded = nodes.position().await;
        let (one, two) = (Arc::clone(&nodes.one), Arc::clone(&nodes.two));
        let filling = async move { fill(&*one, &key("users:1"), "old", loaded).await };
        let putting = async move { put(&*two, &key("users:1"), loaded).await };
        let (filled, recorded) = race(filling, putting).await;
        assert!(recorded.expect("a put").kept, "there was no conflict");
        let bytes = nodes.bytes(&key("users:1")).await.expect("the put");
        assert_eq!(bytes[16..], envelope(loaded, "put")[16..], "{filled:?}");
    }
}

pub(super) async fn two_puts_beside_one_another_leave_nothing(nodes: &Nodes) {
    for _ in 0..ROUNDS {
        let checked = nodes.position().await;
        let (one, two) = (Arc::clone(&nodes.one), Arc::clone(&nodes.two));
        let here = async move { put(&*one, &key("users:1"), checked).await };
        let there = async move { put(&*two, &key("users:1"), checked).await };
        let (here, there) = race(here, there).await;
        let kept = [here, there].map(|put| put.expect("a put").kept);
        assert_ne!(
            kept[0], kept[1],
            "the first is kept, the second knows better"
        );
        let bytes = nodes.bytes(&key("users:1")).await;
        assert_eq!(bytes, None, "nobody knows whose value is the newest");
    }
}

async fn race<A: Send + 'static, B: Send + 'static>(
    one: impl Future<Output = A> + Send + 'static,
    two: impl Future<Output = B> + Send + 'static,
) -> (A, B) {
    let (one, two) = (tokio::spawn(one), tokio::spawn(two));
    (one.await.expect("no panic"), two.await.expect("no panic"))
}
