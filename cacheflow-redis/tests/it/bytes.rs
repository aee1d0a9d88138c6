//! Bytes from Redis are not trusted: what cannot be read is a miss, counted,
//! and replaced by the load.

use cacheflow::entry::Envelope;
use cacheflow::{Cache, CacheFlow, Event, Strategy, Unreadable};
use cacheflow_testkit::{RedisServer, Reply};

use crate::world::{Node, PREFIX, builder, bytes_of, integer, redis, so_far, within};

/// A node whose every call asks Redis, and the key `names:1` there.
pub(crate) struct Reader {
    pub(crate) server: RedisServer,
    pub(crate) flow: CacheFlow,
    pub(crate) names: Cache<u64, String>,
    pub(crate) key: String,
}

impl Reader {
    pub(crate) async fn start() -> Self {
        let server = RedisServer::start().await;
        let flow = builder(&server.url()).build().await.unwrap();
        let names = flow
            .cache("names")
            .strategy(Strategy::cache_aside())
            .max_value_bytes(1024)
            .build()
            .unwrap();
        let reader = Self {
            server,
            flow,
            names,
            key: format!("{PREFIX}names:1"),
        };
        Node::on(reader.flow.clone()).is_good().await;
        reader
    }

    pub(crate) async fn load(&self, key: u64, value: &str) -> String {
        let load = async || Ok::<_, String>(value.to_owned());
        within(self.names.get_or_load(&key, load)).await.unwrap()
    }

    /// What this node itself keeps of `value`.
    pub(crate) async fn written(&self, value: &str) -> Vec<u8> {
        redis(&self.server, &["DEL", &self.key]).await;
        assert_eq!(self.load(1, value).await, value);
        bytes_of(&self.server, &self.key).await.unwrap()
    }

    async fn set(&self, bytes: &[u8]) {
        let words = [b"SET", self.key.as_bytes(), bytes, b"PX", b"60000"];
        let reply = self.server.command(&words).await.unwrap();
        assert_eq!(reply, Reply::Simple("OK".to_owned()));
    }

    /// What lies at the key now is a miss, once; then the load has replaced it.
    pub(crate) async fn is_replaced(&self, what: &str) {
        let before = self.names.stats();
        assert_eq!(self.load(1, "new").await, "new", "{what}");
        let after = self.names.stats();
        assert_eq!(after.loads, before.loads + 1, "{what}: was a hit");
        assert_eq!(after.unreadable, before.unreadable + 1, "{what}");
        assert_eq!(after.store_failures, before.store_failures, "{what}");

        assert_eq!(self.load(1, "not run").await, "new", "{what}");
        let last = self.names.stats();
        assert_eq!(last.shared_hits, after.shared_hits + 1, "{what}: not kept");
        assert!(
            integer(&self.server, &["PTTL", &self.key]).await > 0,
            "{what}"
        );
    }
}

#[tokio::test]
async fn damaged_bytes_are_replaced() {
    let reader = Reader::start().await;
    let good = reader.written("old").await;
    reader.set(&good).await;
    assert_eq!(reader.load(1, "not run").await, "old", "whole, it is read");
    for len in [0, 1, 15, 16, 77, 78, good.len() - 1] {
        reader.set(&good[..len]).await;
        reader.is_replaced(&format!("the first {len} bytes")).await;
    }
    let mut longer = good.clone();
    longer.push(0);
    let garbage: Vec<u8> = (0..200_u8).map(|n| n.wrapping_mul(151)).collect();
    for (what, bytes) in [
        ("one byte more", longer),
        ("garbage", garbage),
        ("text", b"{\"name\":\"Ada\"}".to_vec()),
        ("zeros", vec![0; 500]),
    ] {
        reader.set(&bytes).await;
        reader.is_replaced(what).await;
    }
}

#[tokio::test]
async fn no_flipped_bit_is_read() {
    let reader = Reader::start().await;
    let good = reader.written("old").await;
    // Every byte, and every place in a byte.
    for at in 0..good.len() {
        let mut flipped = good.clone();
        flipped[at] ^= 1 << (at % 8);
        reader.set(&flipped).await;
        reader
            .is_replaced(&format!("bit {} of byte {at}", at % 8))
            .await;
    }
}

/// Longer than this cache allows.
static HUGE: [u8; 1024 * 1024] = [0xa0; 1024 * 1024];

#[tokio::test]
async fn whole_entries_of_something_else_are_replaced() {
    let reader = Reader::start().await;
    let bytes = reader.written("old").await;
    // Whatever stands for the type of these values.
    let schema = u64::from_le_bytes(*bytes[22..].first_chunk().unwrap());
    let good = Envelope::decode(&bytes, b"names:1", 1, schema).expect("the format is known here");
    assert_eq!(
        good.payload,
        Some(&b"\xa3old"[..]),
        "MessagePack is understood here"
    );
    let forge = |change: fn(&mut Envelope<'_>)| {
        let mut envelope = good.clone();
        change(&mut envelope);
        envelope.encode().unwrap()
    };
    let mut version = bytes.clone();
    version[18] += 1;
    for (fault, bytes) in [
        (Unreadable::Version, version),
        (Unreadable::Key, forge(|it| it.key = b"names:2")),
        (Unreadable::Codec, forge(|it| it.codec = 2)),
        (Unreadable::Schema, forge(|it| it.schema = 9)),
        (Unreadable::Payload, forge(|it| it.payload = Some(b"\xc1"))),
        (Unreadable::Payload, forge(|it| it.payload = Some(b""))),
        // A number where a text is expected; a text and something after it; a
        // text of four gigabytes, says its length.
        (Unreadable::Payload, forge(|it| it.payload = Some(b"\x07"))),
        (
            Unreadable::Payload,
            forge(|it| it.payload = Some(b"\xa1x\x00")),
        ),
        (
            Unreadable::Payload,
            forge(|it| it.payload = Some(b"\xdb\xff\xff\xff\xff")),
        ),
        (Unreadable::TooLong, forge(|it| it.payload = Some(&HUGE))),
        // Flags that nothing bears out.
        (Unreadable::Payload, forge(|it| it.is_compressed = true)),
        (
            Unreadable::Seal,
            forge(|it| it.seal = Some(&[0; Envelope::SEAL_BYTES])),
        ),
    ] {
        let mut events = reader.flow.events();
        reader.set(&bytes).await;
        reader.is_replaced(&format!("{fault:?}")).await;
        let told = so_far(&mut events)
            .into_iter()
            .find_map(|event| match event {
                Event::Unreadable { fault, .. } => Some(fault),
                _ => None,
            });
        assert_eq!(told, Some(fault));
    }
    // Which fault is told depends on whether the store looked before the flow.
    reader.set(&forge(|it| it.incarnation ^= 1)).await;
    reader.is_replaced("an entry of another journal").await;
    // A forged entry that is right in every respect is believed: the test forges.
    reader
        .set(&forge(|it| it.payload = Some(b"\xa4fine")))
        .await;
    assert_eq!(reader.load(1, "not run").await, "fine");
}
