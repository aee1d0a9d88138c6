//! Touches: a value lives longer, and is found all the same.

use std::time::Duration;

use cacheflow::entry::Envelope;
use cacheflow::event::{Forgotten, Position};
use cacheflow::key::{FullKey, Marks};
use cacheflow::store::{Fill, Filled, Put};

use super::nodes::Nodes;
use super::samples::{
    LONG, WITHIN, by_keys, by_tag, envelope, key, keys, lasting, later, marked, tag,
};
use crate::eventually;

type Header = [u8; Envelope::HEADER_BYTES];

const MINUTE: Duration = Duration::from_secs(60);

/// So short that its end can be waited for.
const SHORT: Duration = Duration::from_millis(300);

impl Nodes {
    /// The header of what is kept for `key`, as node two reads it.
    async fn header(&self, key: &FullKey) -> Option<Header> {
        Some(header_of(&self.bytes(key).await?))
    }

    /// Node two touches what has this header.
    async fn touch(&self, key: &FullKey, header: &Header, lifetime: Duration) -> bool {
        let touched = self.two.touch(key, header, lifetime).await;
        touched.expect("a touch")
    }

    /// Node two touches what it reads.
    async fn touch_read(&self, key: &FullKey, lifetime: Duration) -> bool {
        match self.header(key).await {
            Some(header) => self.touch(key, &header, lifetime).await,
            None => false,
        }
    }

    async fn remaining(&self, key: &FullKey) -> Duration {
        let stored = self.two.get(key).await.expect("a get");
        stored.expect("a value").remaining
    }
}

fn header_of(bytes: &[u8]) -> Header {
    *bytes.first_chunk().expect("an envelope")
}

pub(super) async fn a_touch_keeps_a_value_for_longer(nodes: &Nodes) {
    let (user, here) = (key("users:1"), nodes.position().await);
    nodes.fill_for(&user, MINUTE, here).await;
    assert!(nodes.touch_read(&user, LONG).await);
    let remaining = nodes.remaining(&user).await;
    assert!(
        remaining > LONG / 2 && remaining <= LONG,
        "{remaining:?} after a touch for {LONG:?}"
    );
    assert_eq!(nodes.bytes(&user).await, Some(envelope(here, "Ada")));
}

pub(super) async fn a_touch_never_shortens_a_life(nodes: &Nodes) {
    let (user, here) = (key("users:1"), nodes.position().await);
    nodes.fill_for(&user, LONG, here).await;
    for lifetime in [Duration::ZERO, Duration::from_millis(1), MINUTE] {
        assert!(nodes.touch_read(&user, lifetime).await, "{lifetime:?}");
        let remaining = nodes.remaining(&user).await;
        assert!(
            remaining > LONG / 2,
            "{remaining:?} after a touch for {lifetime:?}"
        );
    }
}

pub(super) async fn a_touch_of_another_value_does_nothing(nodes: &Nodes) {
    let (user, here) = (key("users:1"), nodes.position().await);
    let untouched = async |what: &str| {
        let remaining = nodes.remaining(&user).await;
        assert!(remaining <= MINUTE, "{what}: {remaining:?}");
    };
    let header_at = |position: Position| header_of(&envelope(position, "Ada"));
    assert!(
        !nodes.touch(&user, &header_at(here), LONG).await,
        "of nothing"
    );
    assert_eq!(nodes.bytes(&user).await, None);

    nodes.fill_for(&user, MINUTE, here).await;
    let other = header_at(later(here, 1));
    assert!(!nodes.touch(&user, &other, LONG).await, "of another");
    untouched("another").await;

    // Read, replaced by a put, touched.
    let read = nodes.header(&user).await.expect("a value");
    nodes.put_for(&user, MINUTE, here).await;
    assert!(!nodes.touch(&user, &read, LONG).await, "of the one before");
    untouched("the one before").await;
    assert!(nodes.touch_read(&user, LONG).await);
}

/// The values of one position begin with the same number. Only the later one is there,
/// and what it is found by lasts for as long as its own fill has said.
pub(super) async fn a_touch_tells_values_of_one_position_apart(nodes: &Nodes) {
    let (user, here) = (key("users:1"), nodes.position().await);
    let marks = &Marks::new(vec![tag("org:7")], Vec::new());
    let longer = lasting(here, Marks::NONE, "Ada", 2_000);
    for (what, later) in [
        ("other marks", lasting(here, marks, "Ada", 2_000)),
        ("another value", lasting(here, Marks::NONE, "Eve", 2_000)),
        ("another end", lasting(here, Marks::NONE, "Ada", 1_000)),
    ] {
        keep_bytes(nodes, &user, &longer, Marks::NONE, LONG).await;
        let first = nodes.header(&user).await.expect("a value");
        let its_marks = if what == "other marks" {
            marks
        } else {
            Marks::NONE
        };
        keep_bytes(nodes, &user, &later, its_marks, MINUTE).await;
        assert!(!nodes.touch(&user, &first, LONG).await, "{what}");
        let remaining = nodes.remaining(&user).await;
        assert!(remaining <= MINUTE, "{what}: {remaining:?}");
        assert_eq!(nodes.bytes(&user).await.as_ref(), Some(&later), "{what}");
        assert!(nodes.touch_read(&user, MINUTE).await, "{what}");
    }
}

/// Node one fills `key` with these bytes, which are kept for `ttl` at most.
async fn keep_bytes(nodes: &Nodes, key: &FullKey, bytes: &[u8], marks: &Marks, ttl: Duration) {
    let fill = Fill {
        key,
        bytes,
        marks,
        ttl,
        longest: ttl,
        checked: nodes.position().await,
    };
    let filled = nodes.one.fill(fill).await.expect("a fill");
    assert_eq!(filled, Filled::Kept);
}

pub(super) async fn a_touch_brings_nothing_back(nodes: &Nodes) {
    let user = key("users:1");
    nodes.keep("users:1", Marks::NONE).await;
    let read = nodes.header(&user).await.expect("a value");
    let record = nodes.forget(by_keys(&["users:1"])).await.record;
    // What an open record has not removed yet may be touched.
    nodes.touch(&user, &read, LONG).await;
    nodes
        .assert_gone(&record, std::slice::from_ref(&user))
        .await;
    assert!(!nodes.touch(&user, &read, LONG).await);
    assert_eq!(nodes.bytes(&user).await, None);
}

/// The indexes are written once, with the value: they have to last for as long as
/// touches may keep it.
pub(super) async fn what_is_touched_is_found_by_its_marks(nodes: &Nodes) {
    let ways: [(Forgotten, bool); 4] = [
        (by_tag("org:7"), false),
        (by_tag("org:7"), true),
        (by_keys(&["orgs:7"]), false),
        (by_keys(&["orgs:7"]), true),
    ];
    let marks = Marks::new(vec![tag("org:7")], keys(&["orgs:7"]));
    let user = key("users:1");
    for (forgotten, is_put) in ways {
        // A busy machine may be too late for so short a life.
        eventually("the value is touched in time", WITHIN, async || {
            keep_shortly(nodes, &user, &marks, is_put).await;
            nodes.touch_read(&user, LONG).await
        })
        .await;
        let (witness, here) = (key("users:2"), nodes.position().await);
        nodes.fill_for(&witness, SHORT, here).await;
        eventually("the value's first lifetime is over", WITHIN, async || {
            nodes.bytes(&witness).await.is_none()
        })
        .await;
        assert!(nodes.seen(&user).await.is_some(), "it was touched");
        let record = nodes.forget(forgotten).await.record;
        nodes
            .assert_gone(&record, std::slice::from_ref(&user))
            .await;
    }
}

/// Node one fills or puts `key` for a short time, which touches may make long.
async fn keep_shortly(nodes: &Nodes, key: &FullKey, marks: &Marks, is_put: bool) {
    let checked = nodes.position().await;
    let bytes = &marked(checked, marks, "short");
    let (ttl, longest) = (SHORT, LONG);
    if is_put {
        let put = Put {
            key,
            bytes,
            marks,
            ttl,
            longest,
            checked,
        };
        nodes.one.put(put).await.expect("a put");
    } else {
        let fill = Fill {
            key,
            bytes,
            marks,
            ttl,
            longest,
            checked,
        };
        nodes.one.fill(fill).await.expect("a fill");
    }
}
