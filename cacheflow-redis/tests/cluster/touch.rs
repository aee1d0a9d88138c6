//! Touches, and what is found after them.

use std::time::Duration;

use cacheflow::entry::Envelope;
use cacheflow::store::{Fill, Filled};
use cacheflow_testkit::Reply;

use crate::world::{World, envelope, key, marks, name, none, tags};

const DAY: Duration = Duration::from_secs(86_400);

type Header = [u8; Envelope::HEADER_BYTES];

impl World {
    async fn touch(&self, text: &str, header: &Header, lifetime: Duration) -> bool {
        let touched = self.store.touch(&key(text), header, lifetime).await;
        touched.unwrap()
    }

    async fn left(&self, name: &str) -> i64 {
        match self.command(name, &["PTTL", name]).await {
            Reply::Integer(left) => left,
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_value_lives_longer_and_is_found_all_the_same() {
    let world = World::start().await;
    let marks = marks(&["t"], &["b:1"]);
    let checked = world.position().await;
    let fill = Fill {
        key: &key("a:1"),
        bytes: &envelope("a:1", &marks, checked, b"value"),
        marks: &marks,
        ttl: Duration::from_secs(60),
        longest: 7 * DAY,
        checked,
    };
    assert_eq!(world.store.fill(fill).await.unwrap(), Filled::Kept);
    let value = name("a:1");
    assert!(world.left(&value).await <= 60_000);
    for index in ["tag:t", "rd:rev-deps:b:1"] {
        let index = name(index);
        assert!(world.left(&index).await > 7 * 86_400_000, "{index}");
        // When the member may be dropped without a look at its value.
        let member = world.command(&index, &["HGET", &index, "a:1"]).await;
        let dies = member.text().unwrap();
        let dies: f64 = dies.split(' ').nth(1).unwrap().parse().unwrap();
        let Reply::Array(time) = world.command(&index, &["TIME"]).await else {
            panic!("no time")
        };
        let now: f64 = time[0].text().unwrap().parse().unwrap();
        assert!(dies > (now + 7.0 * 86_400.0) * 1_000.0 - 60_000.0);
    }

    let stored = world.get("a:1").await.unwrap().bytes;
    let header: Header = *stored.first_chunk().unwrap();
    assert!(world.touch("a:1", &header, Duration::from_secs(1)).await);
    assert!(world.left(&value).await > 50_000, "not shortened");
    assert!(world.touch("a:1", &header, DAY).await);
    assert!(world.left(&value).await > 86_300_000);
    let mut other = header;
    other[0] ^= 1;
    assert!(!world.touch("a:1", &other, 2 * DAY).await);
    assert!(!world.touch("a:2", &header, 2 * DAY).await);
    assert!(world.left(&value).await <= 86_400_000);
    assert_eq!(world.forget(tags(["t"])).await, 1);
    assert!(!world.touch("a:1", &header, DAY).await);

    a_provisional_value_is_not_touched(&world).await;
    what_took_its_place_at_the_same_position_is_not_touched(&world).await;
}

/// What the later one is found by lasts for as long as its own fill has said.
async fn what_took_its_place_at_the_same_position_is_not_touched(world: &World) {
    let checked = world.position().await;
    let mut headers = Vec::new();
    for (tag, ttl) in [("u", 7 * DAY), ("w", Duration::from_secs(60))] {
        let marks = marks(&[tag], &[]);
        let fill = Fill {
            key: &key("a:1"),
            bytes: &envelope("a:1", &marks, checked, b"value"),
            marks: &marks,
            ttl,
            longest: ttl,
            checked,
        };
        assert_eq!(world.store.fill(fill).await.unwrap(), Filled::Kept);
        let stored = world.get("a:1").await.unwrap().bytes;
        let header: Header = *stored.first_chunk().unwrap();
        headers.push(header);
    }
    let [first, second] = headers[..] else {
        unreachable!("two were filled")
    };
    assert_eq!(first[..16], second[..16]);
    assert!(!world.touch("a:1", &first, DAY).await);
    assert!(world.left(&name("a:1")).await <= 60_000);
    assert!(world.touch("a:1", &second, Duration::from_secs(1)).await);
}

/// Its filler may be dead: it has to go soon.
async fn a_provisional_value_is_not_touched(world: &World) {
    let at = world.position().await;
    let mut bytes = envelope("p:1", &none(), at, b"value");
    let header: Header = *bytes.first_chunk().unwrap();
    Envelope::provisional(&mut bytes);
    // As a filler does it.
    bytes[8..16].copy_from_slice(&0x0123_4567_89ab_cdef_u64.to_le_bytes());
    let value = name("p:1");
    let owner = world.cluster.owner_of(&value).await;
    let words: [&[u8]; 5] = [b"SET", value.as_bytes(), &bytes, b"PX", b"5000"];
    world.cluster.node(owner).command(&words).await.unwrap();
    assert!(!world.touch("p:1", &header, DAY).await);
    assert!(world.left(&value).await <= 5_000);
}
