//! Fills: which are kept, and which may be old.

use cacheflow::store::Filled;

use super::nodes::{Nodes, cache, elsewhere, envelope, forget, key, later, put};

/// Further than a store looks back, if that is bounded.
const FAR: u64 = 600;

pub(super) async fn a_fill_is_refused_after_its_key_was_forgotten(nodes: &Nodes) {
    let (user, loaded) = (key("users:1"), nodes.position().await);
    let keys = [key("users:2"), user.clone()];
    nodes.two.forget(&keys, None).await.expect("a forgetting");
    assert_refused(nodes, "users:1", loaded).await;
}

pub(super) async fn a_fill_is_refused_after_its_key_was_put(nodes: &Nodes) {
    let (user, loaded) = (key("users:1"), nodes.position().await);
    put(&*nodes.two, &user, loaded).await.expect("a put");
    let bytes = nodes.bytes(&user).await;
    assert!(bytes.is_some());
    let filled = nodes.fill(&user, "old", loaded).await;
    assert_eq!(filled, Filled::Refused);
    assert_eq!(nodes.bytes(&user).await, bytes, "the put did not survive");
}

pub(super) async fn a_fill_is_refused_after_its_cache_was_cleared(nodes: &Nodes) {
    let loaded = nodes.position().await;
    nodes
        .two
        .clear(&cache("users"), None)
        .await
        .expect("a clear");
    assert_refused(nodes, "users:1", loaded).await;
}

pub(super) async fn a_fill_is_kept_after_other_keys_changed(nodes: &Nodes) {
    let loaded = nodes.position().await;
    // A key with the same text in another cache, a longer one, a cache whose
    // name begins alike.
    let others = [key("orders:1"), key("users:11"), key("users_archive:1")];
    nodes.two.forget(&others, None).await.expect("a forgetting");
    nodes
        .two
        .clear(&cache("users_archive"), None)
        .await
        .expect("a clear");
    nodes
        .two
        .clear(&cache("user"), None)
        .await
        .expect("a clear");
    put(&*nodes.two, &others[1], loaded).await.expect("a put");
    let user = key("users:1");
    assert_eq!(nodes.fill(&user, "Ada", loaded).await, Filled::Kept);
    assert_eq!(nodes.bytes(&user).await, Some(envelope(loaded, "Ada")));
}

pub(super) async fn a_fill_that_knows_of_the_change_is_kept(nodes: &Nodes) {
    let user = key("users:1");
    let forgotten = forget(&*nodes.two, &user).await;
    assert_eq!(nodes.fill(&user, "Ada", forgotten).await, Filled::Kept);
    let put = put(&*nodes.two, &user, forgotten)
        .await
        .expect("a put")
        .position;
    assert_eq!(nodes.fill(&user, "Ada", put).await, Filled::Kept);
    let cleared = nodes.two.clear(&cache("users"), None).await;
    let cleared = cleared.expect("a clear").position;
    assert_eq!(nodes.fill(&user, "Ada", cleared).await, Filled::Kept);
}

pub(super) async fn a_fill_of_another_incarnation_is_refused(nodes: &Nodes) {
    let here = nodes.position().await;
    assert_refused(nodes, "users:1", elsewhere(here)).await;
}

pub(super) async fn a_fill_from_the_future_is_refused(nodes: &Nodes) {
    let here = nodes.position().await;
    assert_refused(nodes, "users:1", later(here, 1)).await;
}

pub(super) async fn a_fill_from_far_behind_is_refused(nodes: &Nodes) {
    let (user, loaded) = (key("users:1"), nodes.position().await);
    forget(&*nodes.two, &user).await;
    for _ in 0..FAR {
        nodes.position().await;
    }
    assert_refused(nodes, "users:1", loaded).await;
}

pub(super) async fn a_refused_fill_leaves_what_is_kept(nodes: &Nodes) {
    let user = key("users:1");
    let forgotten = forget(&*nodes.two, &user).await;
    let loaded = cacheflow::event::Position {
        number: forgotten.number - 1,
        ..forgotten
    };
    nodes.fill(&user, "new", forgotten).await;
    let filled = nodes.fill(&user, "old", loaded).await;
    assert_eq!(filled, Filled::Refused);
    assert_eq!(nodes.bytes(&user).await, Some(envelope(forgotten, "new")));
}

async fn assert_refused(nodes: &Nodes, user: &str, checked: cacheflow::event::Position) {
    let user = key(user);
    let filled = nodes.fill(&user, "old", checked).await;
    assert_eq!(filled, Filled::Refused);
    assert_eq!(
        nodes.bytes(&user).await,
        None,
        "refused, and kept all the same"
    );
}
