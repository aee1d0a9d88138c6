//! Touches: a value lives longer, and is found all the same.

use std::time::Duration;

use cacheflow::entry::Envelope;
use cacheflow::event::{Forgotten, Position};
use cacheflow::key::{FullKey, Marks};
use cacheflow::store::{Fill, Put};

use super::nodes::Nodes;
use super::samples::{LONG, WITHIN, by_keys, by_tag, envelope, key, keys, later, marked, tag};
use crate::eventually;

type Front = [u8; Envelope::AS_OF_BYTES];

const MINUTE: Duration = Duration::from_secs(60);

/// So short that its end can be waited for.
const SHORT: Duration = Duration::from_millis(300);

impl Nodes {
    /// The first bytes of what is kept for `key`, as node two reads them.
    async fn front(&self, key: &FullKey) -> Option<Front> {
        let bytes = self.bytes(key).await?;
        Some(*bytes.first_chunk().expect("an envelope"))
    }

    /// Node two touches what begins with `front`.
    async fn touch(&self, key: &FullKey, front: &Front, lifetime: Duration) -> bool {
        let touched = self.two.touch(key, front, lifetime).await;
        touched.expect("a touch")
    }

    /// Node two touches what it reads.
    async fn touch_read(&self, key: &FullKey, lifetime: Duration) -> bool {
        match self.front(key).await {
            Some(front) => self.touch(key, &front, lifetime).await,
            None => false,
        }
    }

    async fn remaining(&self, key: &FullKey) -> Duration {
        let stored = self.two.get(key).await.expect("a get");
        stored.expect("a value").remaining
    }
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
    let front_at = |position: Position| {
        let bytes = envelope(position, "");
        *bytes.first_chunk().expect("an envelope")
    };
    assert!(
        !nodes.touch(&user, &front_at(here), LONG).await,
        "of nothing"
    );
    assert_eq!(nodes.bytes(&user).await, None);

    nodes.fill_for(&user, MINUTE, here).await;
    let other = front_at(later(here, 1));
    assert!(!nodes.touch(&user, &other, LONG).await, "of another");
    untouched("another").await;

    // Read, replaced by a put, touched.
    let read = nodes.front(&user).await.expect("a value");
    nodes.put_for(&user, MINUTE, here).await;
    assert!(!nodes.touch(&user, &read, LONG).await, "of the one before");
    untouched("the one before").await;
    assert!(nodes.touch_read(&user, LONG).await);
}

pub(super) async fn a_touch_brings_nothing_back(nodes: &Nodes) {
    let user = key("users:1");
    nodes.keep("users:1", Marks::NONE).await;
    let read = nodes.front(&user).await.expect("a value");
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
