//! Values: kept, read, ended, told apart.

use std::time::Duration;

use bytes::Bytes;
use cacheflow::store::{Fill, Filled};

use super::nodes::{LONG, Nodes, WITHIN, elsewhere, envelope, fill, forget, key, position};
use crate::eventually;

pub(super) async fn the_server_answers_and_has_a_name(nodes: &Nodes) {
    nodes.one.ping().await.expect("an answer");
    let name = nodes.one.name();
    assert!(!name.is_empty());
    assert!(!name.contains('@'), "credentials in {name:?}?");
}

pub(super) async fn nothing_is_kept_at_first(nodes: &Nodes) {
    assert_eq!(nodes.bytes(&key("users:1")).await, None);
}

pub(super) async fn what_was_filled_is_read_by_every_node(nodes: &Nodes) {
    let (user, here) = (key("users:1"), nodes.position().await);
    assert_eq!(nodes.fill(&user, "Ada", here).await, Filled::Kept);
    for store in [&nodes.one, &nodes.two] {
        let stored = store.get(&user).await.expect("a get").expect("a value");
        assert_eq!(stored.bytes, envelope(here, "Ada"));
        let remaining = stored.remaining;
        assert!(remaining <= LONG, "{remaining:?} of {LONG:?} are left");
        assert!(remaining > Duration::ZERO, "nothing is left of {LONG:?}");
    }
    assert_eq!(nodes.bytes(&key("users:2")).await, None);
}

pub(super) async fn a_later_fill_takes_the_place_of_an_earlier(nodes: &Nodes) {
    let user = key("users:1");
    let here = nodes.position().await;
    for payload in ["first", "second"] {
        assert_eq!(nodes.fill(&user, payload, here).await, Filled::Kept);
        assert_eq!(nodes.bytes(&user).await, Some(envelope(here, payload)));
    }
}

pub(super) async fn a_value_ends_with_its_lifetime(nodes: &Nodes) {
    let checked = nodes.position().await;
    // The second is short of a second, which must not be rounded up.
    for millis in [1, 300] {
        let (user, ttl) = (key("users:1"), Duration::from_millis(millis));
        nodes.fill_for(&user, ttl, checked).await;
        eventually("the value ended", WITHIN, async || {
            let stored = nodes.two.get(&user).await.expect("a get");
            if let Some(stored) = &stored {
                assert!(stored.remaining <= ttl, "{:?} of {ttl:?}", stored.remaining);
            }
            stored.is_none()
        })
        .await;
    }
}

pub(super) async fn the_longest_lifetime_is_kept(nodes: &Nodes) {
    let day = Duration::from_secs(24 * 60 * 60);
    let (user, checked) = (key("users:1"), nodes.position().await);
    nodes.fill_for(&user, 366 * day, checked).await;
    let stored = nodes.two.get(&user).await.expect("a get");
    let remaining = stored.expect("a value").remaining;
    assert!(
        remaining <= 366 * day && remaining > 365 * day,
        "{remaining:?}"
    );
}

pub(super) async fn bytes_come_back_as_they_were(nodes: &Nodes) {
    let here = nodes.position().await;
    let all: String = (0..=255_u8).map(char::from).collect();
    for (number, payload) in ["", &all, &"x".repeat(1 << 20)].into_iter().enumerate() {
        let user = key(&format!("users:{number}"));
        assert_eq!(nodes.fill(&user, payload, here).await, Filled::Kept);
        assert_eq!(nodes.bytes(&user).await, Some(envelope(here, payload)));
    }
}

/// Whether it was forgotten since, nobody knows; and a node that has not heard of
/// the new journal would take it for current.
pub(super) async fn a_value_of_another_incarnation_comes_as_empty_bytes(nodes: &Nodes) {
    let (user, here) = (key("users:1"), nodes.position().await);
    let fill = Fill {
        key: &user,
        bytes: &envelope(elsewhere(here), "old"),
        ttl: LONG,
        checked: here,
    };
    nodes.one.fill(fill).await.expect("a fill");
    assert_eq!(nodes.bytes(&user).await, Some(Vec::new()));
    // It can be replaced.
    assert_eq!(nodes.fill(&user, "new", here).await, Filled::Kept);
    assert_eq!(nodes.bytes(&user).await, Some(envelope(here, "new")));
}

pub(super) async fn keys_with_hostile_characters_are_told_apart(nodes: &Nodes) {
    let here = nodes.position().await;
    let names = [
        "*", "?", "[a-z]", "a", "\\*", "", ":", "a:b", "{a}", "a b", "\r\n", "\0", "'", "\"", "ü",
        "%", "$1", "--",
    ];
    let user = |name: &str| key(&format!("users:{name}"));
    for name in names {
        let filled = nodes.fill(&user(name), name, here).await;
        assert_eq!(filled, Filled::Kept, "{name:?}");
    }
    for name in names {
        let bytes = nodes.bytes(&user(name)).await;
        assert_eq!(bytes, Some(envelope(here, name)), "{name:?}");
    }
    // Forgetting one forgets no other: no name is a pattern.
    for (gone, name) in names.into_iter().enumerate() {
        forget(&*nodes.one, &user(name)).await;
        for (index, other) in names.into_iter().enumerate() {
            let kept = nodes.bytes(&user(other)).await.is_some();
            assert_eq!(kept, index > gone, "{other:?} after {name:?} was forgotten");
        }
    }
}

pub(super) async fn namespaces_share_nothing(nodes: &Nodes) {
    let user = key("users:1");
    let neighbour = nodes.store_in(&nodes.neighbour());
    let (here, there) = (nodes.position().await, position(&*neighbour).await);
    nodes.fill(&user, "here", here).await;
    assert_eq!(neighbour.get(&user).await.expect("a get"), None);
    fill(&*neighbour, &user, "there", there).await;

    forget(&*neighbour, &user).await;
    assert_eq!(nodes.bytes(&user).await, Some(envelope(here, "here")));
    // What happens there is no record here.
    assert_eq!(nodes.position().await.number, here.number + 1);
    assert_eq!(nodes.fill(&user, "again", here).await, Filled::Kept);
}

pub(super) async fn a_discard_removes_exactly_what_was_read(nodes: &Nodes) {
    let (user, here) = (key("users:1"), nodes.position().await);
    let (read, newer) = (Bytes::from(envelope(here, "read")), envelope(here, "newer"));
    // Nothing there: nothing to do.
    nodes.one.discard(&user, &read).await.expect("a discard");

    nodes.fill(&user, "newer", here).await;
    nodes.one.discard(&user, &read).await.expect("a discard");
    assert_eq!(
        nodes.bytes(&user).await,
        Some(newer),
        "another value was removed"
    );

    nodes.fill(&user, "read", here).await;
    nodes.one.discard(&user, &read).await.expect("a discard");
    assert_eq!(nodes.bytes(&user).await, None);
}
