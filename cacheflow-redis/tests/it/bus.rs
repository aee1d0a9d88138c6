//! Messages: what is published, and what is made of what others publish.

use cacheflow::{Applied, Event};
use cacheflow_testkit::{RedisServer, eventually};
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::world::{
    BOUND, Db, Node, PREFIX, calls, journal, redis as command, so_far, two, within,
};

/// A plain subscriber, as any other program would be, that hears `count`
/// messages.
async fn subscriber(server: &RedisServer, count: usize) -> JoinHandle<Vec<Vec<u8>>> {
    let client = redis::Client::open(server.url()).unwrap();
    let (subscribed, ready) = oneshot::channel();
    let heard = tokio::task::spawn_blocking(move || {
        let mut connection = client.get_connection().unwrap();
        connection.set_read_timeout(Some(BOUND)).unwrap();
        let mut pubsub = connection.as_pubsub();
        pubsub.subscribe(format!("{PREFIX}invalidation")).unwrap();
        subscribed.send(()).unwrap();
        let mut next = || pubsub.get_message().unwrap().get_payload_bytes().to_vec();
        (0..count).map(|_| next()).collect()
    });
    within(ready).await.unwrap();
    heard
}

async fn publish(server: &RedisServer, message: &str) {
    let channel = format!("{PREFIX}invalidation");
    command(server, &["PUBLISH", &channel, message]).await;
}

/// Both nodes have `keys` in memory.
async fn filled(nodes: [&Node; 2], keys: &[u64], db: &Db) {
    for node in nodes {
        for key in keys {
            node.get(*key, db).await;
            assert!(node.peek(*key).is_some());
        }
    }
}

async fn drops(node: &Node, key: u64) {
    eventually("the node drops the key", BOUND, async || {
        node.peek(key).is_none()
    })
    .await;
}

#[tokio::test]
async fn a_message_has_the_documented_form() {
    let server = RedisServer::start().await;
    let node = Node::ready(&server.url()).await;
    let (inc, before) = journal(&server).await;
    let origin = node.flow.instance();
    let mut number = before;
    let mut expect = |mut message: Value| {
        number += 1;
        message["origin"] = json!(origin);
        message["inc"] = json!(inc);
        message["n"] = json!(number);
        message
    };
    let expected = [
        expect(json!({"type": "EVICT", "keys": ["users:7"]})),
        expect(json!({"type": "EVICT", "keys": ["users:8", "users:9"]})),
        expect(json!({"type": "EVICT", "keys": ["users:7"], "put": true})),
        expect(json!({"type": "EVICT", "tags": ["org:7"]})),
        expect(json!({"type": "EVICT", "tags": ["org:8"], "open": true, "sets": 1})),
        expect(json!({"type": "DONE", "done": before + 5})),
        expect(json!({"type": "CLEAR", "caches": ["users"], "open": true})),
        expect(json!({"type": "DONE", "done": before + 7})),
        expect(json!({"type": "EVICT", "patterns": ["a*"], "open": true})),
        expect(json!({"type": "DONE", "done": before + 9})),
        expect(json!({"type": "CLEAR", "all": true, "open": true})),
        expect(json!({"type": "DONE", "done": before + 11})),
        expect(json!({"type": "EVICT", "keys": ["users:7"], "hold": 30_000, "open": true})),
        expect(json!({"type": "EVICT", "keys": ["users:7"]})),
        expect(json!({"type": "DONE", "done": before + 13})),
    ];
    let heard = subscriber(&server, expected.len()).await;
    // What is open is done in the background.
    let reaches = async |number: u64| {
        eventually("the record is done", BOUND, async || {
            journal(&server).await.1 == before + number
        })
        .await;
    };

    let _ = node.users.invalidate(&7).await.unwrap();
    let _ = node.users.invalidate_many(&[8, 9]).await.unwrap();
    let _ = node.users.put(&7, 1).await.unwrap();
    let _ = node.flow.invalidate().tags(["org:7"]).send().await.unwrap();
    let tagged = node.users.tagged(["org:8"]).unwrap();
    let loaded = tagged.get_or_load(&8, async || Ok::<_, String>(1)).await;
    assert_eq!(loaded.unwrap(), 1);
    let _ = node.flow.invalidate().tags(["org:8"]).send().await.unwrap();
    reaches(6).await;
    let _ = node.users.clear().await.unwrap();
    reaches(8).await;
    let _ = node.flow.invalidate().pattern("a*").send().await.unwrap();
    reaches(10).await;
    let _ = node.flow.invalidate().all().send().await.unwrap();
    reaches(12).await;
    let write = node.users.begin_write(&7).await.unwrap();
    let _ = write.finish().await.unwrap();
    for (message, expected) in within(heard).await.unwrap().iter().zip(expected) {
        let message: Value = serde_json::from_slice(message).unwrap();
        assert_eq!(message, expected);
    }
    assert_eq!(journal(&server).await, (inc, before + 15));
}

#[tokio::test]
async fn who_keeps_no_journal_is_heard_by_all() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let (a, b) = two(&server).await;
    filled([&a, &b], &[1, 2, 3], &db).await;
    publish(
        &server,
        r#"{"type":"EVICT","keys":["users:1","orders:9"],"origin":"x"}"#,
    )
    .await;
    drops(&a, 1).await;
    drops(&b, 1).await;
    publish(&server, r#"{"type":"EVICT","keys":["users:2"]}"#).await;
    drops(&a, 2).await;
    drops(&b, 2).await;
    assert_eq!((a.peek(3), b.peek(3)), (Some(1), Some(1)));
    for node in [&a, &b] {
        let tagged = node.users.tagged(["org:4"]).unwrap();
        let loaded = tagged.get_or_load(&4, || db.read()).await;
        assert_eq!(loaded.unwrap(), 1);
    }
    publish(&server, r#"{"type":"EVICT","tags":["org:4"]}"#).await;
    drops(&a, 4).await;
    drops(&b, 4).await;
    assert_eq!((a.peek(3), b.peek(3)), (Some(1), Some(1)));
    // Redis' values are whose message it was to remove.
    assert_eq!((a.get(1, &db).await, db.reads()), (1, 4));
}

#[tokio::test]
async fn a_foreign_message_during_a_load_keeps_it_out_of_memory() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let node = Node::ready(&server.url()).await;
    node.get(2, &db).await;
    let load = node.begin_load(1, &db).await;
    db.set(2);
    let keys = r#"{"type":"EVICT","keys":["users:1","users:2"],"origin":"x"}"#;
    publish(&server, keys).await;
    drops(&node, 2).await;
    assert_eq!(load.finish().await, 1);
    assert_eq!(node.peek(1), None);
    assert_eq!(node.get(1, &db).await, 2);
}

/// Waits until both of two nodes have asked the journal what they have missed.
async fn both_ask(server: &RedisServer) {
    eventually("the journal was asked", BOUND, async || {
        calls(server, "multi").await >= 2
    })
    .await;
}

/// Whatever cannot be understood may have been a record: the journal is asked,
/// and says that nothing was missed.
#[tokio::test]
async fn what_cannot_be_understood_is_looked_into_and_the_service_goes_on() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let (a, b) = two(&server).await;
    let (inc, _) = journal(&server).await;
    let huge = format!(
        r#"{{"type":"EVICT","keys":["users:2"],"origin":"{}"}}"#,
        "x".repeat(1024 * 1024)
    );
    let nested = "[".repeat(100_000);
    let numbered = |middle: &str| format!(r#"{{{middle},"inc":"{inc}","n":1}}"#);
    let mut events = [a.flow.events(), b.flow.events()];
    let messages = [
        String::new(),
        "\u{0}".to_owned(),
        "EVICT users:2".to_owned(),
        "null".to_owned(),
        r#"{"type":"EVICT""#.to_owned(),
        r#"{"type":"EVICT","keys":["users:2"],"n":1}"#.to_owned(),
        numbered(r#""type":"EXPLODE","keys":["users:2"]"#),
        numbered(r#""type":"CLEAR""#),
        numbered(r#""type":"CLEAR","caches":["a:b"]"#),
        numbered(r#""type":"EVICT","keys":["no key"]"#),
        huge,
        nested,
    ];
    for message in &messages {
        let what = &message[..message.len().min(60)];
        filled([&a, &b], &[1, 2], &db).await;
        command(&server, &["CONFIG", "RESETSTAT"]).await;
        publish(&server, message).await;
        both_ask(&server).await;
        // And it still hears what can be understood.
        db.set(db.read().await.unwrap() + 1);
        let now = db.read().await.unwrap();
        assert_eq!(a.users.invalidate(&1).await.unwrap(), Applied::Recorded);
        drops(&b, 1).await;
        assert_eq!(b.get(1, &db).await, now, "after {what:?}");
        assert_eq!((a.peek(2), b.peek(2)), (Some(1), Some(1)), "{what:?}");
    }
    for events in &mut events {
        let told = so_far(events);
        assert!(!told.contains(&Event::Gap), "nothing was missed");
        assert!(!told.contains(&Event::GapStorm), "twelve are no storm");
        assert!(!told.contains(&Event::BusDown), "the subscriber died");
    }
    assert!(a.flow.health().is_good() && b.flow.health().is_good());
}

/// A message without a number that is understood and names nothing of ours.
#[tokio::test]
async fn what_concerns_nobody_is_left_alone() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let (a, b) = two(&server).await;
    filled([&a, &b], &[1, 2], &db).await;
    command(&server, &["CONFIG", "RESETSTAT"]).await;
    for message in [
        r#"{"type":"EXPLODE","keys":["users:1"],"origin":"x"}"#,
        r#"{"type":"EVICT","keys":["no key of ours"],"origin":"x"}"#,
        r#"{"type":"EVICT","keys":[],"tags":[""],"origin":"x"}"#,
        r#"{"type":"EVICT"}"#,
    ] {
        publish(&server, message).await;
    }
    publish(&server, r#"{"type":"EVICT","keys":["users:2"]}"#).await;
    drops(&a, 2).await;
    drops(&b, 2).await;
    assert_eq!((a.peek(1), b.peek(1)), (Some(1), Some(1)));
    assert_eq!(calls(&server, "multi").await, 0, "and nobody was alarmed");
}

#[tokio::test]
async fn bytes_that_are_no_text_are_looked_into() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let (a, b) = two(&server).await;
    filled([&a, &b], &[1], &db).await;
    command(&server, &["CONFIG", "RESETSTAT"]).await;
    let channel = format!("{PREFIX}invalidation");
    let words = [b"PUBLISH".as_slice(), channel.as_bytes(), b"\xff\xfe{}"];
    server.command(&words).await.unwrap();
    both_ask(&server).await;
    let _ = a.users.invalidate(&9).await.unwrap();
    assert_eq!((a.peek(1), b.peek(1)), (Some(1), Some(1)));
    assert!(a.flow.health().is_good() && b.flow.health().is_good());
}

/// The messages of a flood arrive in order and all are applied.
#[tokio::test]
async fn a_flood_of_messages_is_applied_completely() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let (a, b) = two(&server).await;
    let keys: Vec<u64> = (0..2000).collect();
    for key in &keys {
        b.get(*key, &db).await;
    }
    let mut events = b.flow.events();
    for key in &keys[..1999] {
        let _ = a.users.invalidate(key).await.unwrap();
    }
    drops(&b, 1998).await;
    assert!(keys[..1999].iter().all(|key| b.peek(*key).is_none()));
    assert_eq!(b.peek(1999), Some(1), "one by one, not all at once");
    // More keys than a listener may lag behind: some events are lost, no gap.
    while let Some(event) = events.try_next() {
        assert_ne!(event, Ok(Event::Gap));
    }
}
