//! What each route answers, and how it refuses what cannot be.

use cacheflow::codec::KeyRing;
use cacheflow::{CacheFlow, ErrorKind};
use cacheflow_testkit::{Failing, MemoryBackend, Operation, eventually};
use serde_json::json;

use crate::client::Ask;
use crate::world::{Open, WITHIN};

#[tokio::test]
async fn the_index_lists_every_route() {
    let open = Open::new().await;
    let index = open.get("/").await.json();
    let index = index.as_array().unwrap();
    assert_eq!(index.len(), cacheflow_axum::routes().len());
    assert!(
        index
            .iter()
            .any(|route| route["path"] == "/invalidate" && route["method"] == "POST")
    );
}

#[tokio::test]
async fn health_is_good_until_something_is_wrong_and_readiness_until_the_end() {
    let server = MemoryBackend::new();
    let failing = Failing::new(server);
    let builder = CacheFlow::builder().backend(failing.clone());
    let open = Open::on(builder.build().await.unwrap()).await;
    let good = async || open.get("/health").await.status == 200;
    eventually("the node has subscribed", WITHIN, good).await;
    assert_eq!(open.get("/health").await.json()["status"], "good");

    failing.fail(Operation::Record);
    let _ = open
        .flow
        .invalidate()
        .keys(["users:1"])
        .send()
        .await
        .unwrap();
    let health = open.get("/health").await;
    assert_eq!(health.status, 503);
    assert_eq!(health.json()["status"], "degraded");
    assert_eq!(health.json()["waiting_invalidations"], 1);
    let text = open
        .ask(Ask::get("/health").header("Accept", "text/plain"))
        .await;
    assert!(
        text.headers.contains("content-type: text/plain"),
        "{text:?}"
    );
    assert!(
        text.body.starts_with("degraded, bus connected for ")
            && text.body.contains("\n- 1 invalidations wait"),
        "{text:?}"
    );
    let (ready, live) = (open.get("/ready").await, open.get("/live").await);
    assert_eq!(
        (ready.status, live.status),
        (200, 200),
        "it serves all the same"
    );

    failing.heal_all();
    eventually("it is told", WITHIN, good).await;
    open.flow.shutdown(WITHIN).await.unwrap();
    let ready = open.get("/ready").await;
    assert_eq!(
        (ready.status, ready.json()),
        (503, json!({ "ready": false }))
    );
    let live = open.get("/live").await;
    assert_eq!((live.status, live.json()), (200, json!({ "live": true })));
}

#[tokio::test]
async fn figures_are_data_or_a_table() {
    let open = Open::new().await;
    open.put(0..3).await;
    let _ = open.users.get(&1).await;
    let stats = open.get("/stats").await;
    assert!(stats.headers.contains("content-type: application/json"));
    assert!(stats.headers.contains("cache-control: no-store"));
    assert_eq!(stats.json()["caches"]["users"]["memory_hits"], 1);
    assert_eq!(stats.json()["caches"]["users"]["entries"], 3);
    let table = open
        .ask(Ask::get("/stats").header("Accept", "text/plain"))
        .await;
    assert!(table.body.contains("hit rate"), "{}", table.body);
}

#[tokio::test]
async fn caches_are_told_with_their_options() {
    let open = Open::new().await;
    let caches = open.get("/caches").await.json();
    assert_eq!(
        (&caches[0]["name"], &caches[1]["name"]),
        (&json!("pages"), &json!("users"))
    );
    let users = open.get("/caches/users").await.json();
    assert_eq!(users, caches[1]);
    assert_eq!(users["strategy"], "multi_level");
    assert!(users["options"]["ttl"].is_string());
    let (status, error, allowed) = open.get("/caches/user").await.problem();
    assert_eq!(
        (status, &*error),
        (404, "this process uses no cache \"user\"; is users meant?")
    );
    assert_eq!(allowed, r#"["pages","users"]"#);
}

#[tokio::test]
async fn entries_come_page_by_page() {
    let open = Open::new().await;
    open.put(0..25).await;
    let mut keys = Vec::new();
    let mut path = "/caches/users/entries?limit=10".to_owned();
    loop {
        let page = open.get(&path).await.json();
        let entries = page["entries"].as_array().unwrap();
        assert!(entries.len() <= 10);
        keys.extend(
            entries
                .iter()
                .map(|entry| entry["key"].as_str().unwrap().to_owned()),
        );
        match page["next"].as_str() {
            Some(next) => path = format!("/caches/users/entries?limit=10&after={next}"),
            None => break,
        }
    }
    assert_eq!(keys.len(), 25);
    assert!(keys.is_sorted(), "{keys:?}");
    let first = &open.get("/caches/users/entries?limit=1").await.json()["entries"][0];
    assert_eq!(first["state"], "live");
    assert_eq!(first["tags"], json!(["parity:0"]));
    assert!(first["remaining_ms"].as_u64().unwrap() > 0);
    assert!(first.get("value").is_none());
    let usual = open.get("/caches/users/entries").await.json();
    assert_eq!(usual["entries"].as_array().unwrap().len(), 25);
}

#[tokio::test]
async fn a_page_that_cannot_be_is_refused_with_what_is_allowed() {
    let open = Open::new().await;
    let refused = async |query: &str| {
        let reply = open.get(&format!("/caches/users/entries?{query}")).await;
        let (status, error, allowed) = reply.problem();
        assert_eq!(status, 400, "{query}");
        format!("{error} {allowed}")
    };
    assert!(refused("limit=0").await.contains("allowed is 1 to 1000"));
    assert!(refused("limit=1001").await.contains("allowed is 1 to 1000"));
    assert!(refused("limit=many").await.contains("1 to 1000"));
    assert!(
        refused("after=pages:1")
            .await
            .contains("allowed is a key of users")
    );
    assert!(
        refused("limt=1")
            .await
            .contains("unknown parameter \"limt\"; is limit meant?")
    );
    assert!(
        refused("limit=1&limit=2")
            .await
            .contains("limit is said twice")
    );
    let missing = open.get("/caches/orders/entries").await.problem();
    assert_eq!(missing.0, 404);
}

#[tokio::test]
async fn a_key_is_explained_and_its_value_shown_to_who_asks() {
    let open = Open::new().await;
    open.put(0..2).await;
    let told = open.get("/keys/users:1").await.json();
    assert_eq!(told["memory"]["state"], "live");
    assert!(told.get("value").is_none(), "nobody has asked: {told}");
    let told = open.get("/keys/users:1?value=true").await.json();
    assert_eq!(told["value"], "user 1");

    let _ = open
        .flow
        .invalidate()
        .tags(["parity:1"])
        .send()
        .await
        .unwrap();
    let told = open.get("/keys/users:1").await.json();
    let verdict = told["verdict"].as_str().unwrap();
    assert!(verdict.contains("by the tag parity:1"), "{verdict}");
    let text = open
        .ask(Ask::get("/keys/users:1").header("Accept", "text/plain"))
        .await;
    assert!(
        text.body
            .starts_with("users:1: nowhere; forgotten in memory"),
        "{text:?}"
    );

    let (status, error, _) = open.get("/keys/seven").await.problem();
    assert_eq!(status, 400);
    assert!(error.contains("a colon and a key"), "{error}");
    assert_eq!(open.get("/keys/users:1?value=maybe").await.status, 400);
}

#[tokio::test]
async fn a_key_with_escapes_is_escaped_once_more_in_a_path() {
    let open = Open::new().await;
    let texts: cacheflow::Cache<String, u64> = open.flow.cache("texts").build().unwrap();
    let key = "a/b c".to_owned();
    let _ = texts.put(&key, 1).await.unwrap();
    assert_eq!(texts.full_key(&key).as_str(), "texts:a%2Fb%20c");
    let told = open.get("/keys/texts:a%252Fb%2520c").await.json();
    assert_eq!(told["memory"]["state"], "live");
}

#[tokio::test]
async fn values_of_a_flow_that_encrypts_are_refused() {
    let keys = KeyRing::new().key(1, [7; 32]).seal_with(1);
    let flow = CacheFlow::builder().sealing(keys).build().await.unwrap();
    let open = Open::on(flow).await;
    open.put(1..2).await;
    let reply = open.get("/keys/users:1?value=true").await;
    assert_eq!(reply.status, 403);
    assert!(!reply.body.contains("user 1"), "{reply:?}");
    assert_eq!(open.get("/keys/users:1").await.status, 200);
}

#[tokio::test]
async fn what_is_not_there_is_refused_with_what_is() {
    let open = Open::new().await;
    let (status, error, allowed) = open.get("/stat").await.problem();
    assert_eq!((status, &*error), (404, "there is nothing at /stat"));
    assert!(allowed.contains("GET /stats"), "{allowed}");
    let (status, error, _) = open.ask(Ask::with("DELETE", "/stats")).await.problem();
    assert_eq!((status, &*error), (405, "/stats cannot be asked by DELETE"));
    let (status, ..) = open.get("/invalidate").await.problem();
    assert_eq!(status, 405);
}

#[tokio::test]
async fn a_body_bound_out_of_range_is_refused() {
    let flow = CacheFlow::builder().build().await.unwrap();
    for bytes in [0, 1023, 16 * 1024 * 1024 + 1] {
        let error = cacheflow_axum::admin(&flow)
            .max_body_bytes(bytes)
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidConfig);
        assert!(
            error.to_string().contains("allowed is 1024 to 16777216"),
            "{error}"
        );
    }
}
