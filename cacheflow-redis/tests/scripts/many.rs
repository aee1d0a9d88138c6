//! Many values at once.

use cacheflow::key::FullKey;
use cacheflow::store::{Fill, Filled, Stored};
use std::time::Duration;

use crate::raw::{Raw, TTL, envelope, key, marks};

impl Raw {
    async fn many(&self, texts: &[&str]) -> Vec<Option<Stored>> {
        let keys: Vec<FullKey> = texts.iter().map(|text| key(text)).collect();
        let keys: Vec<&FullKey> = keys.iter().collect();
        self.store.get_many(&keys).await.unwrap()
    }

    /// A number that `INFO` tells behind `name`.
    async fn info(&self, section: &str, name: &str) -> u64 {
        let told = self.text(&["INFO", section]).await;
        let number = told.lines().find_map(|line| line.trim().strip_prefix(name));
        let number = number.unwrap_or("0").split(',').next().unwrap();
        number.parse().unwrap()
    }
}

#[tokio::test]
async fn each_is_told_as_it_is_by_itself() {
    let raw = Raw::start().await;
    for text in ["a:1", "a:3", "b:*"] {
        raw.keep(text, &["t"], &[]).await;
    }
    raw.redis(&["RPUSH", "p:list:1", "x"]).await;
    raw.redis(&["RPUSH", "p:list:2", "x"]).await;
    raw.redis(&["PEXPIRE", "p:list:2", "60000"]).await;
    raw.redis(&["SET", "p:foreign:1", "for ever"]).await;
    raw.redis(&["SET", "p:foreign:2", "bytes", "PX", "60000"])
        .await;
    let texts = [
        "a:3",
        "list:1",
        "a:1",
        "gone:1",
        "foreign:1",
        "list:2",
        "b:*",
        "foreign:2",
        "a:3",
    ];
    let many = raw.many(&texts).await;
    assert_eq!(many.len(), texts.len());
    for (text, told) in texts.iter().zip(many) {
        let alone = raw.store.get(&key(text)).await.unwrap();
        let read = |stored: &Stored| (stored.bytes.clone(), stored.incarnation);
        assert_eq!(told.as_ref().map(read), alone.as_ref().map(read), "{text}");
        let Some((told, alone)) = told.zip(alone) else {
            continue;
        };
        assert!(told.remaining >= alone.remaining, "{text}");
        assert!(told.remaining <= TTL, "{text}");
        if text.starts_with("list") {
            assert_eq!((told.bytes.len(), told.remaining), (0, Duration::ZERO));
        }
    }
    assert!(raw.many(&[]).await.is_empty());
}

#[tokio::test]
async fn many_are_one_exchange_and_very_many_a_few() {
    let raw = Raw::start().await;
    raw.keep("a:7", &[], &[]).await;
    for (count, exchanges) in [(1_000, 1), (2_500, 3)] {
        let texts: Vec<String> = (0..count).map(|i| format!("a:{i}")).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let before = (
            raw.info("commandstats", "cmdstat_get:calls=").await,
            raw.info("stats", "total_reads_processed:").await,
        );
        let many = raw.many(&texts).await;
        assert_eq!(many.len(), count);
        assert_eq!(many.iter().flatten().count(), 1);
        assert!(many[7].is_some());
        let after = (
            raw.info("commandstats", "cmdstat_get:calls=").await,
            raw.info("stats", "total_reads_processed:").await,
        );
        assert_eq!(after.0 - before.0, count as u64);
        // The server reads 16 KiB at a time, and answers this test as well.
        let reads = after.1 - before.1;
        assert!(reads < exchanges * 12 + 12, "{reads} for {exchanges}");
    }
}

#[tokio::test]
async fn the_journal_is_asked_once_however_many_values_are_of_another() {
    let raw = Raw::start().await;
    let here = raw.position().await;
    let mut foreign = here;
    foreign.incarnation ^= 1;
    let texts: Vec<String> = (0..50).map(|i| format!("a:{i}")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    for text in &texts {
        let bytes = envelope(text, &marks(&[], &[]), foreign);
        let fill = Fill {
            key: &key(text),
            bytes: &bytes,
            marks: &marks(&[], &[]),
            ttl: TTL,
            longest: TTL,
            checked: here,
        };
        assert_eq!(raw.store.fill(fill).await.unwrap(), Filled::Kept);
    }
    let scripts = async || raw.info("commandstats", "cmdstat_evalsha:calls=").await;
    let before = scripts().await;
    let many = raw.many(&texts).await;
    assert_eq!(scripts().await - before, 1);
    assert_eq!(many.iter().flatten().count(), 50);
    for stored in many.iter().flatten() {
        assert_eq!(stored.incarnation, here.incarnation);
    }

    // The journal goes on under another, of which this node has not heard.
    raw.redis(&["HSET", "p:journal", "run", "another"]).await;
    let other = crate::raw::store(&raw.server.url());
    let key_of_new = key("b:1");
    let anew = match other.since(None).await.unwrap() {
        cacheflow::store::Since::Anew(snapshot) => snapshot.position,
        cacheflow::store::Since::Records(records) => panic!("{records:?}"),
    };
    assert_ne!(anew.incarnation, here.incarnation);
    let bytes = envelope("b:1", &marks(&[], &[]), anew);
    let fill = Fill {
        key: &key_of_new,
        bytes: &bytes,
        marks: &marks(&[], &[]),
        ttl: TTL,
        longest: TTL,
        checked: anew,
    };
    assert_eq!(other.fill(fill).await.unwrap(), Filled::Kept);
    for stored in raw.many(&["a:1", "b:1"]).await {
        assert_eq!(stored.unwrap().incarnation, anew.incarnation);
    }
}
