//! Fills: which are kept, and which may be old.

use cacheflow::event::{Forgotten, Position};
use cacheflow::key::Marks;
use cacheflow::store::Filled;

use super::nodes::{Nodes, forget, put};
use super::samples::{
    FAR, by_cache, by_keys, by_pattern, by_tag, cache, elsewhere, envelope, key, keys, later,
    made_of, tag, tagged,
};

pub(super) async fn a_fill_is_refused_after_its_key_was_forgotten(nodes: &Nodes) {
    let loaded = nodes.position().await;
    nodes.forget(by_keys(&["users:2", "users:1"])).await;
    assert_refused(nodes, "users:1", loaded).await;
}

pub(super) async fn a_fill_is_refused_after_its_key_was_put(nodes: &Nodes) {
    let (user, loaded) = (key("users:1"), nodes.position().await);
    put(&*nodes.two, &user, Marks::NONE, loaded)
        .await
        .expect("a put");
    let bytes = nodes.bytes(&user).await;
    assert!(bytes.is_some());
    let filled = nodes.fill(&user, "old", loaded).await;
    assert_eq!(filled, Filled::Refused);
    assert_eq!(nodes.bytes(&user).await, bytes, "the put did not survive");
}

pub(super) async fn a_fill_is_refused_after_its_cache_was_cleared(nodes: &Nodes) {
    let loaded = nodes.position().await;
    nodes.forget(by_cache("users")).await;
    assert_refused(nodes, "users:1", loaded).await;
}

pub(super) async fn a_fill_is_kept_after_other_keys_changed(nodes: &Nodes) {
    let loaded = nodes.position().await;
    // A key with the same text in another cache, a longer one, a cache whose
    // name begins alike.
    let others = [key("orders:1"), key("users:11"), key("users_archive:1")];
    nodes.forget(Forgotten::keys(others.clone())).await;
    nodes.forget(by_cache("users_archive")).await;
    nodes.forget(by_cache("user")).await;
    put(&*nodes.two, &others[1], Marks::NONE, loaded)
        .await
        .expect("a put");
    let user = key("users:1");
    assert_eq!(nodes.fill(&user, "Ada", loaded).await, Filled::Kept);
    assert_eq!(nodes.bytes(&user).await, Some(envelope(loaded, "Ada")));
}

pub(super) async fn a_fill_that_knows_of_the_change_is_kept(nodes: &Nodes) {
    let user = key("users:1");
    let forgotten = forget(&*nodes.two, &user).await;
    assert_eq!(nodes.fill(&user, "Ada", forgotten).await, Filled::Kept);
    let put = put(&*nodes.two, &user, Marks::NONE, forgotten)
        .await
        .expect("a put")
        .record
        .position;
    assert_eq!(nodes.fill(&user, "Ada", put).await, Filled::Kept);
    let cleared = nodes.forget(by_cache("users")).await.record.position;
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
    nodes.pass(FAR).await;
    assert_refused(nodes, "users:1", loaded).await;
}

pub(super) async fn a_refused_fill_leaves_what_is_kept(nodes: &Nodes) {
    let user = key("users:1");
    let forgotten = forget(&*nodes.two, &user).await;
    let loaded = Position {
        number: forgotten.number - 1,
        ..forgotten
    };
    nodes.fill(&user, "new", forgotten).await;
    let filled = nodes.fill(&user, "old", loaded).await;
    assert_eq!(filled, Filled::Refused);
    assert_eq!(nodes.bytes(&user).await, Some(envelope(forgotten, "new")));
}

async fn assert_refused(nodes: &Nodes, user: &str, checked: Position) {
    let user = key(user);
    let filled = nodes.fill(&user, "old", checked).await;
    assert_eq!(filled, Filled::Refused);
    let kept = nodes.bytes(&user).await;
    assert_eq!(kept, None, "refused, and kept all the same");
}

/// Whatever a record makes old, is refused to whom has not heard of it; and a
/// record that makes it not old changes nothing.
pub(super) async fn a_fill_is_refused_after_what_it_goes_by_was_forgotten(nodes: &Nodes) {
    let (user, marks) = (key("users:1"), marks());
    let cases = [
        (by_tag("org:7"), true),
        (by_tag("org:8"), true),
        (by_tag("org:77"), false),
        (by_tag("org:"), false),
        (by_keys(&["orders:5"]), true),
        (by_keys(&["orders:55", "items:5", "org:7"]), false),
        (by_cache("users"), true),
        (by_cache("orders"), true),
        (by_cache("org"), false),
        (by_pattern("users:?"), true),
        (by_pattern("orders:*"), true),
        (by_pattern("org:*"), false),
        (by_pattern("users"), false),
        (Forgotten::everything(), true),
    ];
    for (forgotten, refused) in cases {
        let loaded = nodes.position().await;
        let recorded = nodes.forget(forgotten.clone()).await;
        let filled = nodes.fill_marked(&user, &marks, loaded).await;
        let expected = if refused {
            Filled::Refused
        } else {
            Filled::Kept
        };
        assert_eq!(filled, expected, "after {forgotten:?}");
        // Who knows of it has loaded anew.
        let filled = nodes
            .fill_marked(&user, &marks, recorded.record.position)
            .await;
        assert_eq!(filled, Filled::Kept, "knowing of {forgotten:?}");
        assert!(nodes.seen(&user).await.is_some(), "{forgotten:?}");
        nodes.settle(&recorded.record).await;
        assert!(nodes.seen(&user).await.is_some(), "{forgotten:?} is done");
    }
}

fn marks() -> Marks {
    let tags = ["org:7", "org:8"].map(tag);
    Marks::new(tags.into(), keys(&["orders:5", "orders:6"]))
}

pub(super) async fn a_fill_is_refused_after_one_of_many_things_was_forgotten(nodes: &Nodes) {
    let loaded = nodes.position().await;
    let names: Vec<_> = (0..200).map(|n| format!("orders:{n}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let all = Forgotten {
        tags: vec![tag("a"), tag("org:7")],
        caches: vec![cache("things")],
        ..by_keys(&["users:2"])
    };
    nodes.forget(all).await;
    nodes.pass(50).await;
    for (user, marks, expected) in [
        (
            "users:1",
            tagged(&["org:6", "org:7", "org:8"]),
            Filled::Refused,
        ),
        ("users:2", made_of(&names), Filled::Refused),
        ("things:1", Marks::NONE.clone(), Filled::Refused),
        ("users:3", made_of(&["things:7"]), Filled::Refused),
        ("users:4", made_of(&names), Filled::Kept),
    ] {
        let filled = nodes.fill_marked(&key(user), &marks, loaded).await;
        assert_eq!(filled, expected, "{user}");
    }
}

pub(super) async fn a_fill_is_refused_after_what_it_was_made_of_was_put(nodes: &Nodes) {
    let loaded = nodes.position().await;
    put(&*nodes.two, &key("orders:5"), Marks::NONE, loaded)
        .await
        .expect("a put");
    let filled = nodes.fill_marked(&key("users:1"), &marks(), loaded).await;
    assert_eq!(filled, Filled::Refused);
    assert_eq!(nodes.bytes(&key("users:1")).await, None);
}

/// What a record lists as dependents counts like what was named.
pub(super) async fn a_fill_is_refused_after_what_its_part_was_made_of_was_forgotten(nodes: &Nodes) {
    nodes.keep("b:1", &made_of(&["a:1"])).await;
    let loaded = nodes.position().await;
    nodes.forget(by_keys(&["a:1"])).await;
    for (text, marks) in [("b:1", Marks::NONE.clone()), ("c:1", made_of(&["b:1"]))] {
        let filled = nodes.fill_marked(&key(text), &marks, loaded).await;
        assert_eq!(filled, Filled::Refused, "{text}");
    }
}

/// The rules of patterns, by which every store has to match alike.
pub(super) async fn patterns_match_whole_keys(nodes: &Nodes) {
    for (pattern, text, matches) in [
        ("user:12", "user:12", true),
        ("user:12", "user:123", false),
        ("user:*", "user:", true),
        ("user:*", "user:1:2", true),
        ("user:*", "users:1", false),
        ("*", "user:1", true),
        ("*:1", "user:21", false),
        ("*:2?", "user:21", true),
        ("user:?", "user:1", true),
        ("user:?", "user:12", false),
        ("user:?", "user:", false),
        ("user:?", "user:ä", true),
        ("user:??", "user:ä", false),
        ("user:?x", "user:\u{1f600}x", true),
        ("user:[a-z]", "user:b", false),
        ("user:[a-z]", "user:[a-z]", true),
        ("user:[^a]", "user:b", false),
        ("user:\\*", "user:*", true),
        ("user:\\*", "user:x", false),
        ("user:\\?", "user:?", true),
        ("user:\\\\", "user:\\", true),
        ("user:a*b*c", "user:a-b-b-c", true),
        ("user:a*b*c", "user:a-b-b-cd", false),
        ("user:**", "user:x", true),
        ("user:%d+", "user:1", false),
        ("user:.", "user:1", false),
        ("user:$1", "user:$1", true),
    ] {
        let what = format!("{pattern:?} on {text:?}");
        nodes.keep(text, Marks::NONE).await;
        let loaded = nodes.position().await;
        let record = nodes.forget(by_pattern(pattern)).await.record;
        let filled = nodes.fill(&key("other:x"), "x", loaded).await;
        assert_eq!(filled == Filled::Refused, pattern == "*", "{what}");
        let seen = nodes.seen(&key(text)).await;
        assert_eq!(seen.is_none(), matches, "{what}");
        nodes.settle(&record).await;
        let seen = nodes.seen(&key(text)).await;
        assert_eq!(seen.is_none(), matches, "{what}, done");
        let filled = nodes.fill(&key(text), "old", loaded).await;
        assert_eq!(filled == Filled::Refused, matches, "{what}, filled");
    }
}
