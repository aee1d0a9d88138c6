//! TOUCH: a life is made longer, never shorter, and never another's.

use std::time::Duration;

use cacheflow::entry::Envelope;
use cacheflow::store::{Fill, Filled, Put};

use crate::raw::{Raw, TTL, envelope, key, marks};

const HOUR: Duration = Duration::from_secs(3_600);
const WEEK: Duration = Duration::from_secs(7 * 86_400);
const SHORT: Duration = Duration::from_secs(5);

type Header = [u8; Envelope::HEADER_BYTES];

impl Raw {
    async fn header(&self, text: &str) -> Header {
        let stored = self.store.get(&key(text)).await.unwrap().unwrap();
        *stored.bytes.first_chunk().unwrap()
    }

    async fn touch(&self, text: &str, header: &Header, lifetime: Duration) -> bool {
        let touched = self.store.touch(&key(text), header, lifetime).await;
        touched.unwrap()
    }

    async fn left(&self, name: &str) -> i64 {
        self.integer(&["PTTL", name]).await
    }
}

#[tokio::test]
async fn a_life_is_made_longer_and_never_shorter() {
    let raw = Raw::start().await;
    raw.keep("a:1", &["t"], &[]).await;
    let header = raw.header("a:1").await;
    for shorter in [Duration::ZERO, Duration::from_millis(1), SHORT] {
        assert!(raw.touch("a:1", &header, shorter).await);
        assert!(raw.left("p:a:1").await > 50_000);
    }
    assert!(raw.touch("a:1", &header, HOUR).await);
    let left = raw.left("p:a:1").await;
    assert!(left > 3_590_000 && left <= 3_600_000, "{left}");
    // The bytes are what they were.
    assert_eq!(raw.header("a:1").await, header);
    assert!(raw.touch("a:1", &header, Duration::MAX).await);
    raw.every_key_dies().await;
}

#[tokio::test]
async fn nothing_else_is_touched() {
    let raw = Raw::start().await;
    raw.keep("a:1", &[], &[]).await;
    let header = raw.header("a:1").await;
    assert!(!raw.touch("a:2", &header, HOUR).await, "nothing there");
    for at in 0..header.len() {
        let mut other = header;
        other[at] ^= 1;
        assert!(!raw.touch("a:1", &other, HOUR).await, "{at}");
    }
    assert!(raw.left("p:a:1").await <= 60_000);
    // Put by another since.
    let here = raw.position().await;
    assert!(raw.put("a:1", &[], &[], here).await.unwrap().kept);
    assert!(!raw.touch("a:1", &header, HOUR).await);
    assert!(raw.left("p:a:1").await <= 60_000);

    // Somebody else's, who may have it begin as he likes.
    let words: [&[u8]; 3] = [b"SET", b"p:a:1", &header];
    raw.redis(&words).await;
    assert!(!raw.touch("a:1", &header, HOUR).await, "it has no end");
    assert_eq!(raw.left("p:a:1").await, -1);
    let words: [&[u8]; 5] = [
        b"SET",
        b"p:a:1",
        &header[..header.len() - 1],
        b"PX",
        b"60000",
    ];
    raw.redis(&words).await;
    assert!(!raw.touch("a:1", &header, HOUR).await, "too short");
    raw.redis(&["DEL", "p:a:1"]).await;
    raw.redis(&["RPUSH", "p:a:1", "x"]).await;
    raw.redis(&["PEXPIRE", "p:a:1", "60000"]).await;
    assert!(!raw.touch("a:1", &header, HOUR).await, "a list");
    assert!(raw.left("p:a:1").await <= 60_000);
}

/// Both were made of what the same record has left: their numbers are the same.
#[tokio::test]
async fn what_took_its_place_at_the_same_position_keeps_its_own_end() {
    let raw = Raw::start().await;
    let checked = raw.position().await;
    let filled = raw.fill_for("a:1", &["t"], &[], checked, WEEK).await;
    assert_eq!(filled, Filled::Kept);
    let header = raw.header("a:1").await;
    // With another tag, whose index lasts for as long as this value may.
    let filled = raw.fill_for("a:1", &["u"], &[], checked, SHORT).await;
    assert_eq!(filled, Filled::Kept);
    assert_eq!(raw.header("a:1").await[..16], header[..16]);
    assert!(!raw.touch("a:1", &header, WEEK).await);
    for name in ["p:a:1", "p:tag:u"] {
        assert!(raw.left(name).await <= 5_000, "{name}");
    }
}

#[tokio::test]
async fn a_full_server_can_be_touched() {
    let raw = Raw::start().await;
    raw.keep("a:1", &[], &[]).await;
    let header = raw.header("a:1").await;
    raw.redis(&["CONFIG", "SET", "maxmemory", "1"]).await;
    assert!(raw.touch("a:1", &header, HOUR).await);
    assert!(raw.left("p:a:1").await > 3_590_000);
}

#[tokio::test]
async fn the_script_is_sent_again_to_a_server_that_has_forgotten_it() {
    let raw = Raw::start().await;
    raw.keep("a:1", &[], &[]).await;
    let header = raw.header("a:1").await;
    for _ in 0..2 {
        raw.redis(&["SCRIPT", "FLUSH"]).await;
        assert!(raw.touch("a:1", &header, TTL).await);
    }
}

/// The value lives for its own time, what it is found by for the longest.
#[tokio::test]
async fn indexes_live_for_as_long_as_touches_may_keep_the_value() {
    let raw = Raw::start().await;
    let (key, marks) = (key("a:1"), marks(&["x"], &["b:1"]));
    for is_put in [false, true] {
        let checked = raw.position().await;
        let bytes = &envelope("a:1", &marks, checked)[..];
        let (ttl, longest) = (SHORT, WEEK);
        let (key, marks) = (&key, &marks);
        if is_put {
            let put = Put {
                key,
                bytes,
                marks,
                ttl,
                longest,
                checked,
            };
            assert!(raw.store.put(put).await.unwrap().kept);
        } else {
            let fill = Fill {
                key,
                bytes,
                marks,
                ttl,
                longest,
                checked,
            };
            assert_eq!(raw.store.fill(fill).await.unwrap(), Filled::Kept);
        }
        let left = raw.left("p:a:1").await;
        assert!(left > 0 && left <= 5_000, "{left}");
        for index in ["p:tag:x", "p:rd:rev-deps:b:1", "p:rd:deps:a:1"] {
            let left = raw.left(index).await;
            assert!(left > 7 * 86_400_000 - 60_000, "{index}: {left}");
        }
        raw.forget(&["a:1"]).await;
        assert_eq!(raw.integer(&["EXISTS", "p:tag:x"]).await, 0);
    }
    // A caller that names less than the lifetime is not believed.
    let checked = raw.position().await;
    let fill = Fill {
        key: &key,
        bytes: &envelope("a:1", &marks, checked),
        marks: &marks,
        ttl: WEEK,
        longest: SHORT,
        checked,
    };
    assert_eq!(raw.store.fill(fill).await.unwrap(), Filled::Kept);
    assert!(raw.left("p:tag:x").await > 7 * 86_400_000 - 60_000);
}
