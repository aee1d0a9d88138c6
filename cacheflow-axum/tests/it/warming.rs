//! `POST /warm`.

use std::convert::Infallible;

use cacheflow::{Cache, CacheFlow};
use serde_json::Value;

use crate::client::Ask;
use crate::world::Open;

/// Two caches more, each with a source.
async fn warmed() -> Open {
    let open = Open::on(CacheFlow::builder().build().await.unwrap()).await;
    for (name, most) in [("rates", 3), ("rows", 5)] {
        let source = move || async move {
            Ok::<_, Infallible>((0..most).map(|key: u64| (key, key)).collect::<Vec<_>>())
        };
        let cache = open.flow.cache(name).warm_from(source);
        let _: Cache<u64, u64> = cache.build().unwrap();
    }
    open
}

fn told(json: &Value) -> Vec<(&str, u64)> {
    let warmed = json.as_array().unwrap().iter();
    let mut told: Vec<_> = warmed
        .map(|it| {
            (
                it["warmer"].as_str().unwrap(),
                it["items_warmed"].as_u64().unwrap(),
            )
        })
        .collect();
    told.sort_unstable();
    told
}

#[tokio::test]
async fn one_cache_is_warmed_or_all_and_what_came_of_it_is_told() {
    let open = warmed().await;
    let reply = open.ask(Ask::with("POST", "/warm/rates")).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(told(&reply.json()), [("rates", 3)]);
    let entries =
        async |name: &str| open.get(&format!("/caches/{name}")).await.json()["entries"].clone();
    assert_eq!(
        (entries("rates").await, entries("rows").await),
        (3.into(), 0.into())
    );

    let reply = open.ask(Ask::with("POST", "/warm")).await;
    assert_eq!(told(&reply.json()), [("rates", 3), ("rows", 5)]);
    assert_eq!(entries("rows").await, 5);
}

#[tokio::test]
async fn what_nobody_warms_is_refused() {
    let open = warmed().await;
    let (status, error, _) = open.ask(Ask::with("POST", "/warm/users")).await.problem();
    assert_eq!(status, 400);
    assert!(error.contains("users"), "{error}");
}
