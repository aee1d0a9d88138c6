//! Clear and sweep.

use cacheflow::store::Filled;

use super::nodes::{Nodes, cache, key};

/// More steps than a sweep of what is filled here can need.
const MOST_STEPS: usize = 10_000;

pub(super) async fn a_clear_leaves_values_to_the_sweep(nodes: &Nodes) {
    let (user, here) = (key("users:1"), nodes.position().await);
    nodes.fill(&user, "Ada", here).await;
    nodes
        .two
        .clear(&cache("users"), None)
        .await
        .expect("a clear");
    assert!(nodes.bytes(&user).await.is_some(), "a clear must be quick");
}

pub(super) async fn a_sweep_removes_its_cache_and_no_other(nodes: &Nodes) {
    let here = nodes.position().await;
    let mine: Vec<_> = ["1", "2:x", "*", "", "users", "[a]"]
        .map(|name| key(&format!("users.a-b:{name}")))
        .into();
    let others: Vec<_> = [
        "users.a-b.c:1",
        "users.a-bc:1",
        "users.a:b",
        "users:1",
        "usersXa-b:1",
        "xusers.a-b:1",
    ]
    .map(key)
    .into();
    for user in mine.iter().chain(&others) {
        let filled = nodes.fill(user, "Ada", here).await;
        assert_eq!(filled, Filled::Kept);
    }
    sweep(nodes, "users.a-b").await;
    for user in &mine {
        assert_eq!(nodes.bytes(user).await, None, "{user}");
    }
    for user in &others {
        assert!(
            nodes.bytes(user).await.is_some(),
            "{user} was swept as well"
        );
    }
}

pub(super) async fn a_sweep_of_many_values_ends(nodes: &Nodes) {
    let here = nodes.position().await;
    let users: Vec<_> = (0..1_700).map(|n| key(&format!("users:{n}"))).collect();
    for user in &users {
        nodes.fill(user, "Ada", here).await;
    }
    sweep(nodes, "users").await;
    for user in &users {
        assert_eq!(nodes.bytes(user).await, None, "{user}");
    }
}

pub(super) async fn a_sweep_of_nothing_ends(nodes: &Nodes) {
    sweep(nodes, "users").await;
}

async fn sweep(nodes: &Nodes, name: &str) {
    let (name, mut cursor) = (cache(name), 0);
    for _ in 0..MOST_STEPS {
        match nodes.one.sweep(&name, cursor).await.expect("a sweep") {
            Some(next) => cursor = next,
            None => return,
        }
    }
    panic!("the sweep has not ended after {MOST_STEPS} steps");
}
