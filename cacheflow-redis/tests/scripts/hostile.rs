//! Whatever lies on the server under our names: no step fails for it.

use cacheflow::event::Change;
use cacheflow::store::Filled;

use crate::raw::{Raw, cache, envelope, key, marks};

/// Bytes that look like a value of ours, more or less.
fn imitations(raw_inc: u64) -> Vec<Vec<u8>> {
    let at = cacheflow::event::Position {
        incarnation: raw_inc,
        number: 0,
    };
    let good = envelope("a:1", &marks(&["x"], &["b:1"]), at);
    let mut all = vec![Vec::new(), b"short".to_vec(), vec![b'x'; 500]];
    all.push(good[..77].to_vec());
    all.push(good[..80].to_vec());
    for (place, bytes) in [
        (66, [0xff; 4].as_slice()),
        (68, &[0xff, 0xff]),
        (68, &[1, 0]),
        (18, &[9]),
        (0, &[0xff; 16]),
        (78 + 3, b"q\xff\xff"),
        (78 + 4, &[0, 0]),
        (78 + 6, &[0xc3]),
    ] {
        let mut bad = good.clone();
        bad[place..place + bytes.len()].copy_from_slice(bytes);
        all.push(bad);
    }
    all
}

#[tokio::test]
async fn bytes_that_are_no_value_make_nothing_fail() {
    let raw = Raw::start().await;
    let inc = raw.position().await.incarnation;
    for bytes in imitations(inc) {
        let words: [&[u8]; 5] = [b"SET", b"p:a:1", &bytes, b"EX", b"60"];
        raw.redis(&words).await;
        raw.keep("a:1", &["y"], &["c:1"]).await;
        raw.redis(&words).await;
        raw.redis(&["SADD", "p:tag:x", "a:1"]).await;
        let record = raw.forget_tag("x").await;
        raw.reclaim(&record).await;
        raw.redis(&words).await;
        let record = raw.record(Change::Forgotten(cache("a")), None).await.record;
        raw.reclaim(&record).await;
        raw.redis(&words).await;
        let here = raw.position().await;
        assert!(raw.put("a:1", &[], &[], here).await.unwrap().kept);
        raw.redis(&words).await;
        let stored = raw.store.get(&key("a:1")).await.unwrap().unwrap();
        raw.store.discard(&key("a:1"), &stored.bytes).await.unwrap();
        assert!(!raw.holds("a:1").await);
        raw.redis(&words).await;
        raw.forget(&["a:1"]).await;
        assert!(!raw.holds("a:1").await);
    }
}

#[tokio::test]
async fn other_types_under_our_names_make_nothing_fail() {
    let raw = Raw::start().await;
    let names = [
        "p:a:1",
        "p:tag:x",
        "p:rd:deps:a:1",
        "p:rd:rev-deps:a:1",
        "p:rd:rev-deps:b:1",
    ];
    let spoil = async || {
        for name in names {
            raw.redis(&["DEL", name]).await;
            raw.redis(&["RPUSH", name, "a list"]).await;
        }
    };
    spoil().await;
    raw.keep("a:1", &["x"], &["b:1"]).await;
    assert_eq!(raw.members("p:tag:x").await, ["a:1"]);
    assert_eq!(raw.members("p:rd:rev-deps:b:1").await, ["a:1"]);
    raw.forget(&["a:1", "b:1"]).await;
    assert!(!raw.holds("a:1").await);

    spoil().await;
    let stored = raw.store.get(&key("a:1")).await.unwrap();
    assert!(stored.is_none_or(|stored| stored.bytes.is_empty()));
    raw.store.relations(&key("a:1")).await.unwrap();
    let here = raw.position().await;
    assert!(raw.put("a:1", &["x"], &["b:1"], here).await.unwrap().kept);
    spoil().await;
    let record = raw.forget_tag("x").await;
    assert!(!record.open);
    let record = raw.record(Change::Forgotten(cache("a")), None).await.record;
    raw.reclaim(&record).await;
}

#[tokio::test]
async fn members_that_are_no_keys_are_passed_over() {
    let raw = Raw::start().await;
    let hostile: [&[u8]; 6] = [
        b"",
        b"nocache",
        b"journal:x",
        b"a:\xff",
        b"a:\xed\xa0\x80",
        b"tag:x",
    ];
    for index in ["p:rd:rev-deps:a:1", "p:tag:x"] {
        for member in hostile {
            let words: [&[u8]; 3] = [b"SADD", index.as_bytes(), member];
            raw.redis(&words).await;
        }
        raw.redis(&["SADD", index, "b:\"1\\\u{1}\u{7f}é"]).await;
    }
    let record = raw.forget(&["a:1"]).await;
    assert_eq!(crate::raw::keys_of(&record).len(), 2);
    let record = raw.forget_tag("x").await;
    raw.reclaim(&record).await;
    assert!(raw.server.keys().await.contains(&"p:journal".to_owned()));
}

#[tokio::test]
async fn a_journal_of_another_type_begins_anew() {
    for name in ["", ":records", ":open", ":held", ":nodes"] {
        let raw = Raw::start().await;
        raw.keep("a:1", &[], &[]).await;
        raw.forget(&["b:1"]).await;
        let name = format!("p:journal{name}");
        raw.redis(&["DEL", &name]).await;
        raw.redis(&["SET", &name, "x"]).await;
        let here = raw.position().await;
        raw.forget(&["b:1"]).await;
        let here = crate::raw::after(here, 1);
        assert_eq!(
            raw.fill("a:1", &[], &[], here).await,
            Filled::Kept,
            "{name}"
        );
    }
}

#[tokio::test]
async fn records_of_somebody_else_give_way() {
    let raw = Raw::start().await;
    let here = raw.position().await;
    raw.redis(&["XADD", "p:journal:records", "99-0", "m", "x"])
        .await;
    let record = raw.forget(&["b:1"]).await;
    assert_eq!(record.position.number, 1);
    let since = raw.store.since(Some(here)).await.unwrap();
    assert_eq!(since, cacheflow::store::Since::Records(vec![record]));
}
