//! Values: kept, read, ended, told apart.

use std::time::Duration;

use bytes::Bytes;
use cacheflow::event::Forgotten;
use cacheflow::key::Marks;
use cacheflow::store::{Fill, Filled};

use super::nodes::{Nodes, fill, forget, snapshot};
use super::samples::{LONG, WITHIN, by_keys, by_tag, elsewhere, envelope, key, marked, tagged};
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
pub(super) async fn a_value_of_another_incarnation_is_told_by_the_answer(nodes: &Nodes) {
    let (user, here) = (key("users:1"), nodes.position().await);
    let bytes = envelope(elsewhere(here), "old");
    let fill = Fill {
        key: &user,
        bytes: &bytes,
        marks: Marks::NONE,
        ttl: LONG,
        longest: LONG,
        checked: here,
    };
    nodes.one.fill(fill).await.expect("a fill");
    let stored = nodes.two.get(&user).await.expect("a get").expect("a value");
    assert_eq!(stored.incarnation, here.incarnation, "not the journal's");
    assert_eq!(stored.bytes, bytes);
    assert_eq!(nodes.seen(&user).await, None);
    // It can be replaced.
    assert_eq!(nodes.fill(&user, "new", here).await, Filled::Kept);
    assert_eq!(nodes.seen(&user).await, Some(envelope(here, "new")));
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
        nodes.forget(Forgotten::keys([user(name)])).await;
        for (index, other) in names.into_iter().enumerate() {
            let kept = nodes.seen(&user(other)).await.is_some();
            assert_eq!(kept, index > gone, "{other:?} after {name:?} was forgotten");
        }
    }
}

pub(super) async fn namespaces_share_nothing(nodes: &Nodes) {
    let user = key("users:1");
    let neighbour = nodes.store_in(&nodes.neighbour());
    let (here, there) = (nodes.position().await, snapshot(&*neighbour).await.position);
    nodes.fill(&user, "here", here).await;
    assert_eq!(neighbour.get(&user).await.expect("a get"), None);
    fill(&*neighbour, &user, "there", there).await;

    forget(&*neighbour, &user).await;
    assert_eq!(nodes.bytes(&user).await, Some(envelope(here, "here")));
    // What happens there is no record here.
    assert_eq!(nodes.position().await, here);
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

/// Somebody else may write what he likes; no operation may fail because of it.
pub(super) async fn bytes_that_are_no_envelope_do_no_harm(nodes: &Nodes) {
    let user = key("users:1");
    let whole = marked(nodes.position().await, &tagged(&["a", "b"]), "");
    let mut lying = whole.clone();
    // The lengths of the key and of the marks.
    lying[66..70].fill(0xff);
    for strange in [
        &b""[..],
        b"x",
        &[0xff; 200],
        &whole[..80],
        &whole[..60],
        &lying,
    ] {
        let put_there = async || {
            let checked = nodes.position().await;
            let fill = Fill {
                key: &user,
                bytes: strange,
                marks: &tagged(&["a", "b"]),
                ttl: LONG,
                longest: LONG,
                checked,
            };
            nodes.one.fill(fill).await.expect("a fill");
            let bytes = nodes.bytes(&user).await.expect("a value");
            assert_eq!(bytes, strange);
            checked
        };
        put_there().await;
        let record = nodes.forget(by_keys(&["users:1"])).await.record;
        assert_eq!(nodes.seen(&user).await, None);
        nodes.settle(&record).await;

        put_there().await;
        let record = nodes.forget(by_tag("a")).await.record;
        nodes.settle(&record).await;
        nodes.relations(&user).await;

        let checked = put_there().await;
        assert!(nodes.put(&user, checked).await.kept);
        assert!(nodes.seen(&user).await.is_some());

        put_there().await;
        nodes.keep("users:1", &tagged(&["b"])).await;
        assert!(nodes.seen(&user).await.is_some());

        put_there().await;
        let bytes = Bytes::copy_from_slice(strange);
        nodes.one.discard(&user, &bytes).await.expect("a discard");
        assert_eq!(nodes.bytes(&user).await, None);
    }
}
