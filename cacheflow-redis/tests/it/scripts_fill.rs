//! ADOPT, FILL and DISCARD by themselves.

use bytes::Bytes;
use cacheflow::event::Position;
use cacheflow::store::Filled;
use cacheflow_testkit::RedisServer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::raw::{Raw, after, envelope, key, store};
use crate::world::{bytes_of, integer, redis, text, within};

#[tokio::test]
async fn a_new_journal_begins_at_zero_and_dies_if_nobody_uses_it() {
    let raw = Raw::start().await;
    let position = raw.position().await;
    assert_eq!(position.number, 0);
    assert_eq!(raw.server.keys().await, ["p:journal"]);
    raw.every_key_dies().await;
}

#[tokio::test]
async fn a_reconnection_finds_the_same_journal() {
    let raw = Raw::start().await;
    raw.forget(&["users:1"], None).await;
    let before = raw.position().await;
    for _ in 0..3 {
        raw.reconnect().await;
        assert_eq!(raw.position().await, before);
    }
    // Another node finds it too.
    let other = store(&raw.server.url());
    within(other.ping()).await.unwrap();
    assert_eq!(raw.position().await, before);
}

/// A server that was started again may have lost its last records, and would
/// give out their numbers twice.
#[tokio::test]
async fn a_restarted_server_has_a_new_journal_though_it_kept_the_old_one() {
    let raw = Raw::on(RedisServer::builder().arg("--appendonly", "yes")).await;
    raw.forget(&["users:1"], None).await;
    let before = raw.position().await;
    raw.server.restart().await;
    assert_eq!(
        text(&raw.server, &["HGET", "p:journal", "n"]).await,
        "1",
        "the old journal is there"
    );
    // The old connection is dead; the first use may find that out.
    let _ = within(raw.store.ping()).await;
    let now = raw.position().await;
    assert_ne!(now.incarnation, before.incarnation);
    assert_eq!(now.number, 0);
    assert_eq!(
        integer(&raw.server, &["XLEN", "p:journal:records"]).await,
        0
    );
    assert_eq!(raw.fill("users:1", before).await, Filled::Refused);
    assert_eq!(raw.fill("users:1", now).await, Filled::Kept);
}

/// A server that takes connections and then says nothing holds nobody.
#[tokio::test]
async fn a_server_that_is_silent_after_the_handshake_is_given_up() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut buffer = [0; 4096];
                while let Ok(count @ 1..) = client.read(&mut buffer).await {
                    let request = String::from_utf8_lossy(&buffer[..count]);
                    for _ in request.matches("SETINFO") {
                        client.write_all(b"+OK\r\n").await.unwrap();
                    }
                }
            });
        }
    });
    let error = within(store(&url).ping()).await.unwrap_err();
    assert_eq!(error.kind(), cacheflow::ErrorKind::Timeout, "{error}");
}

#[tokio::test]
async fn a_fill_is_kept_if_nothing_was_forgotten_since() {
    let raw = Raw::start().await;
    let start = raw.position().await;
    assert_eq!(raw.fill("users:1", start).await, Filled::Kept);
    let stored = within(raw.store.get(&key("users:1")))
        .await
        .unwrap()
        .unwrap();
    let bytes = envelope("users:1", start.number, start.incarnation);
    assert_eq!(stored.bytes, bytes);
    assert!(stored.remaining.as_secs() <= 60 && stored.remaining.as_secs() >= 1);
    raw.every_key_dies().await;
}

#[tokio::test]
async fn a_fill_is_refused_for_each_record_of_its_key_or_cache_and_for_no_other() {
    let raw = Raw::start().await;
    let start = raw.position().await;
    raw.forget(&["users:2", "users:1", "orders:1"], None).await; // 1
    raw.clear("carts", None).await; // 2
    let here = after(start, 2);
    raw.put("users:3", here).await.unwrap(); // 3
    for (name, kept) in [
        ("users:1", false),
        ("users:2", false),
        ("orders:1", false),
        ("carts:1", false),
        ("users:3", false),
        ("users:11", true),
        ("users:12", true),
        ("orders:2", true),
        ("carts_archive:1", true),
        ("users_archive:1", true),
    ] {
        let filled = raw.fill(name, start).await;
        assert_eq!(filled == Filled::Kept, kept, "{name}");
        let held = kept || name == "users:3";
        assert_eq!(raw.holds(name).await, held, "{name}");
    }
    // Loaded after the record, though not after the last.
    assert_eq!(raw.fill("users:1", after(start, 1)).await, Filled::Kept);
    assert_eq!(raw.fill("carts:1", after(start, 1)).await, Filled::Refused);
    assert_eq!(raw.fill("carts:1", after(start, 2)).await, Filled::Kept);
    assert_eq!(raw.fill("users:3", after(start, 2)).await, Filled::Refused);
    assert_eq!(raw.fill("users:3", after(start, 3)).await, Filled::Kept);
}

#[tokio::test]
async fn a_fill_is_refused_if_it_cannot_be_told_what_was_forgotten() {
    let raw = Raw::start().await;
    let start = raw.position().await;
    for _ in 0..256 {
        raw.forget(&["other:1"], None).await;
    }
    let last = after(start, 256);
    // 256 records are looked through, and no more.
    assert_eq!(raw.fill("users:1", start).await, Filled::Kept);
    raw.forget(&["other:1"], None).await;
    assert_eq!(raw.fill("users:2", start).await, Filled::Refused);
    assert_eq!(raw.fill("users:2", after(start, 1)).await, Filled::Kept);

    // A position that the journal has not reached, or of another journal.
    assert_eq!(raw.fill("users:3", after(last, 2)).await, Filled::Refused);
    let foreign = Position {
        incarnation: last.incarnation ^ 1,
        ..after(last, 1)
    };
    assert_eq!(raw.fill("users:3", foreign).await, Filled::Refused);

    // The stream reaches back to record 250 only, then not at all.
    redis(&raw.server, &["XTRIM", "p:journal:records", "MINID", "250"]).await;
    assert_eq!(
        raw.fill("users:4", after(start, 248)).await,
        Filled::Refused
    );
    assert_eq!(raw.fill("users:4", after(start, 249)).await, Filled::Kept);
    redis(&raw.server, &["DEL", "p:journal:records"]).await;
    assert_eq!(raw.fill("users:5", after(last, 0)).await, Filled::Refused);
    assert_eq!(raw.fill("users:5", after(last, 1)).await, Filled::Kept);

    redis(&raw.server, &["DEL", "p:journal"]).await;
    assert_eq!(raw.fill("users:6", after(last, 1)).await, Filled::Refused);
    assert!(!raw.holds("users:6").await);
}

#[tokio::test]
async fn scripts_that_the_server_has_forgotten_are_loaded_again() {
    let raw = Raw::start().await;
    let flush = ["SCRIPT", "FLUSH"];
    let start = raw.position().await;
    for _ in 0..2 {
        redis(&raw.server, &flush).await;
        let here = raw.forget(&["users:1"], Some(start)).await.position;
        redis(&raw.server, &flush).await;
        assert_eq!(raw.fill("users:1", here).await, Filled::Kept);
        redis(&raw.server, &flush).await;
        let put = raw.put("users:1", here).await.unwrap();
        assert!(put.kept);
        redis(&raw.server, &flush).await;
        let (name, bytes) = (key("users:1"), bytes_of(&raw.server, "p:users:1").await);
        let bytes = Bytes::from(bytes.unwrap());
        within(raw.store.discard(&name, &bytes)).await.unwrap();
        assert!(!raw.holds("users:1").await);
        redis(&raw.server, &flush).await;
        raw.reconnect().await;
    }
}

#[tokio::test]
async fn a_discard_removes_what_was_read_and_nothing_else() {
    let raw = Raw::start().await;
    let name = "p:users:1";
    let discard = async |bytes: &'static [u8]| {
        let (key, bytes) = (key("users:1"), Bytes::from_static(bytes));
        within(raw.store.discard(&key, &bytes)).await.unwrap();
        integer(&raw.server, &["EXISTS", name]).await == 0
    };
    assert!(discard(b"x").await, "nothing is there");
    redis(&raw.server, &["SET", name, "newer", "PX", "60000"]).await;
    assert!(!discard(b"older").await);
    assert!(!discard(b"").await);
    assert!(discard(b"newer").await);
    redis(&raw.server, &["SET", name, "", "PX", "60000"]).await;
    assert!(discard(b"").await);
    // What is no string is read as nothing.
    redis(&raw.server, &["RPUSH", name, "x"]).await;
    assert!(!discard(b"x").await);
    assert!(discard(b"").await);
    // A discard is no news: nobody else drops anything.
    assert_eq!(raw.position().await.number, 0);
}
