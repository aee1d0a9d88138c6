//! `POST /invalidate`.

use cacheflow::CacheFlow;
use cacheflow_testkit::{Failing, MemoryBackend, Operation, eventually};
use serde_json::{Value, json};

use crate::client::{Ask, Reply};
use crate::world::{Open, WITHIN, served};

async fn forget(open: &Open, body: Value) -> Reply {
    open.ask(Ask::post("/invalidate", body)).await
}

/// Which of the users 0 to 3 are left.
fn left(open: &Open) -> Vec<u64> {
    let is_there = |key: &u64| open.users.peek(key).is_some();
    (0..4).filter(is_there).collect()
}

#[tokio::test]
async fn each_way_of_naming_forgets_what_it_names() {
    for (body, expected) in [
        (json!({ "keys": ["users:0", "users:1"] }), vec![2, 3]),
        (json!({ "key": "users:0" }), vec![1, 2, 3]),
        (json!({ "tags": ["parity:0"] }), vec![1, 3]),
        (json!({ "tag": "parity:1" }), vec![0, 2]),
        (json!({ "patterns": ["users:0", "users:3*"] }), vec![1, 2]),
        (json!({ "pattern": "users:?" }), vec![]),
        (json!({ "caches": ["users", "pages"] }), vec![]),
        (json!({ "cache": "pages" }), vec![0, 1, 2, 3]),
        (json!({ "all": true }), vec![]),
        (json!({ "all": false, "key": "users:2" }), vec![0, 1, 3]),
        (json!({ "keys": "users:2", "tags": ["parity:1"] }), vec![0]),
    ] {
        let open = Open::new().await;
        open.put(0..4).await;
        let reply = forget(&open, body.clone()).await;
        assert_eq!(reply.status, 200, "{body}: {reply:?}");
        assert_eq!(reply.json()["applied"], "recorded");
        assert_eq!(left(&open), expected, "{body}");
        let deleted = &reply.json()["deleted"];
        if !body.to_string().contains("cache") {
            assert_eq!(deleted["in_memory"], 4 - expected.len(), "{body}");
        }
    }
}

/// A node on a server, with another one beside it.
struct Two {
    here: Open,
    there: Open,
    failing: Failing<MemoryBackend>,
}

impl Two {
    async fn new() -> Self {
        let server = MemoryBackend::new();
        let failing = Failing::new(server.clone());
        let on = async |backend: Failing<MemoryBackend>| {
            let builder = CacheFlow::builder()
                .backend(backend)
                .max_staleness(std::time::Duration::from_secs(3600));
            let open = Open::on(builder.build().await.unwrap()).await;
            let good = async || open.flow.health().is_good();
            eventually("the node has subscribed", WITHIN, good).await;
            open
        };
        Self {
            here: on(failing.clone()).await,
            there: on(Failing::new(server)).await,
            failing,
        }
    }
}

#[tokio::test]
async fn others_hear_of_it_unless_it_is_local() {
    let two = Two::new().await;
    two.here.put(0..1).await;
    assert!(two.there.users.get(&0).await.is_some());
    assert!(two.there.users.peek(&0).is_some());

    let reply = forget(&two.here, json!({ "key": "users:0", "local_only": true })).await;
    assert_eq!(reply.json()["applied"], "local");
    assert!(two.here.users.peek(&0).is_none());
    // Later than what is local, so that it would have been heard.
    let _ = two
        .here
        .flow
        .invalidate()
        .keys(["users:9"])
        .send()
        .await
        .unwrap();
    let mut heard = two.there.flow.events();
    let reply = forget(&two.here, json!({ "key": "pages:0" })).await;
    assert_eq!(reply.json()["applied"], "recorded");
    let _ = heard.next().await;
    assert!(two.there.users.peek(&0).is_some());

    forget(&two.here, json!({ "key": "users:0" })).await;
    let gone = async || two.there.users.peek(&0).is_none();
    eventually("the other has heard of it", WITHIN, gone).await;
}

#[tokio::test]
async fn what_cannot_be_told_to_the_store_is_answered_as_local() {
    let two = Two::new().await;
    two.failing.fail(Operation::Record);
    let reply = forget(&two.here, json!({ "key": "users:0" })).await;
    assert_eq!(
        (reply.status, &reply.json()["applied"]),
        (200, &json!("local"))
    );
}

#[tokio::test]
async fn who_wants_to_wait_waits_for_all() {
    let open = Open::new().await;
    let reply = forget(&open, json!({ "all": true, "await_cluster_ms": 60_000 })).await;
    // In one process everybody has when the call returns.
    assert_eq!(
        (reply.status, &reply.json()["applied"]),
        (200, &json!("everywhere"))
    );
    for (wrong, expected) in [
        (
            json!({ "all": true, "await_cluster_ms": 0 }),
            "await_cluster_ms = 0 \"1 to 60000\"",
        ),
        (
            json!({ "all": true, "await_cluster_ms": 60_001 }),
            "await_cluster_ms = 60001",
        ),
        (
            json!({ "all": true, "await_cluster_ms": "5s" }),
            "await_cluster_ms = \"5s\"",
        ),
        (
            json!({ "all": true, "await_cluster_ms": 5, "local_only": true }),
            "\"one of the two\"",
        ),
    ] {
        let (status, error, allowed) = forget(&open, wrong.clone()).await.problem();
        assert_eq!(status, 400, "{wrong}");
        let told = format!("{error} {allowed}");
        assert!(told.contains(expected), "{wrong}: {told}");
    }
}

#[tokio::test]
async fn what_cannot_be_is_refused_with_what_is_allowed_and_nothing_is_forgotten() {
    let open = Open::new().await;
    open.put(0..4).await;
    for (wrong, expected) in [
        (json!({}), "nothing is named"),
        (json!({ "keys": [] }), "nothing is named"),
        (json!({ "all": false }), "nothing is named"),
        (json!([]), "the body is no object"),
        (
            json!({ "key": "users:0", "tgas": ["x"] }),
            "unknown field \"tgas\"; is tags meant?",
        ),
        (
            json!({ "key": "users:0", "everything": 1 }),
            "unknown field \"everything\"",
        ),
        (json!({ "key": 7 }), "a text, or a list of texts"),
        (
            json!({ "keys": ["users:0", 7] }),
            "a text, or a list of texts",
        ),
        (
            json!({ "keys": ["users:0", "seven"] }),
            "key = \\\"seven\\\"",
        ),
        (
            json!({ "key": "users:0", "tag": "" }),
            "allowed are 1 to 128 bytes",
        ),
        (
            json!({ "key": "users:0", "pattern": "a\\" }),
            "allowed behind a",
        ),
        (json!({ "key": "users:0", "cache": "a b" }), "cache name"),
        (json!({ "key": "users:0", "all": "yes" }), "true or false"),
    ] {
        let reply = forget(&open, wrong.clone()).await;
        assert_eq!(reply.status, 400, "{wrong}: {reply:?}");
        let _ = reply.problem();
        let told = reply.body.replace("\\\\", "\\");
        let expected = expected.replace('"', "\\\"").replace("\\\\", "\\");
        assert!(told.contains(&expected), "{wrong}: {told}");
    }
    assert_eq!(left(&open), [0, 1, 2, 3]);
}

#[tokio::test]
async fn a_body_that_is_none_is_refused() {
    let open = Open::new().await;
    open.put(0..4).await;
    let (status, _, allowed) = open
        .ask(Ask::post("/invalidate", "{\"all\": true").header("X", "y"))
        .await
        .problem();
    assert_eq!((status, &*allowed), (400, "null"));
    // As a form of another site's page would send it.
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/jsonx",
    ] {
        let mut ask = Ask::post("/invalidate", "{\"all\": true}");
        ask = ask.replace_content_type(content_type);
        let (status, _, allowed) = open.ask(ask).await.problem();
        assert_eq!(status, 415, "{content_type}");
        assert!(allowed.contains("application/json"), "{allowed}");
    }
    let ask = Ask::post("/invalidate", "{\"tag\": \"parity:0\"}");
    let reply = open
        .ask(ask.replace_content_type("application/json; charset=utf-8"))
        .await;
    assert_eq!(reply.status, 200);
    assert_eq!(left(&open), [1, 3]);
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    let open = Open::new().await;
    let admin = cacheflow_axum::admin(&open.flow)
        .max_body_bytes(1024)
        .unwrap();
    let small = served(admin.insecure().router()).await;
    let body = |bytes: usize| {
        let key = "x".repeat(bytes - r#"{"key":"users:"}"#.len());
        format!(r#"{{"key":"users:{key}"}}"#)
    };
    assert_eq!(
        Ask::post("/invalidate", body(1024))
            .send(small)
            .await
            .status,
        200
    );
    let (status, error, allowed) = Ask::post("/invalidate", body(1025))
        .send(small)
        .await
        .problem();
    assert_eq!(
        (status, &*error, &*allowed),
        (413, "the body is too large", "\"1024 bytes\"")
    );
    assert_eq!(
        open.ask(Ask::post("/invalidate", body(64 * 1024)))
            .await
            .status,
        200
    );
    assert_eq!(
        open.ask(Ask::post("/invalidate", body(64 * 1024 + 1)))
            .await
            .status,
        413
    );
}

#[tokio::test]
async fn after_a_shutdown_nothing_can_be_forgotten() {
    let open = Open::new().await;
    open.flow.shutdown(WITHIN).await.unwrap();
    let (status, error, _) = forget(&open, json!({ "all": true })).await.problem();
    assert_eq!(status, 503);
    assert!(error.contains("the flow was shut down"), "{error}");
}
