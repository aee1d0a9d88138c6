//! Warmers that a flow finds by itself.
#![forbid(unsafe_code)]

use cacheflow::{BoxError, Cache, CacheFlow, ErrorKind, WarmReport, cache_warmer};

use crate::world::{alone, send};

#[cache_warmer(caches("numbers", "others"), required, every = "1h", timeout = "1m")]
async fn warm_numbers(flow: &CacheFlow) -> Result<WarmReport, BoxError> {
    let numbers: Cache<u64, u64> = flow.cache("numbers").build()?;
    numbers.warm(|pairs| send(pairs, 0..3)).await
}

#[derive(Debug)]
struct NoDatabase;

impl std::fmt::Display for NoDatabase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("no database")
    }
}

impl std::error::Error for NoDatabase {}

/// Its error is its own.
#[cache_warmer(name = "failing", on_startup = false, per_node)]
async fn fail(_flow: &CacheFlow) -> Result<WarmReport, NoDatabase> {
    Err(NoDatabase)
}

#[tokio::test]
async fn functions_are_found_by_flows_that_look_for_them() {
    let builder = CacheFlow::builder().discover_warmers();
    let flow = builder.build().await.unwrap();
    let numbers: Cache<u64, u64> = flow.cache("numbers").build().unwrap();
    assert_eq!(numbers.peek(&2).unwrap().value, 2, "the start waits for it");
    let all = flow.warm_all().await.unwrap();
    let told: Vec<_> = all
        .iter()
        .map(|it| (it.warmer.as_str(), it.items_warmed, it.errors.join("; ")))
        .collect();
    let path = concat!(module_path!(), "::warm_numbers");
    assert_eq!(
        told,
        [
            ("failing", 0, "no database".to_owned()),
            (path, 3, String::new())
        ]
    );
    assert_eq!(flow.warm("others").await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_flow_that_does_not_look_for_them_has_none() {
    let flow = alone().await;
    let none = flow.warm("numbers").await.unwrap_err();
    assert_eq!(none.kind(), ErrorKind::InvalidConfig);
}

/// It is a function as before.
#[tokio::test]
async fn a_warmer_can_be_called() {
    let flow = alone().await;
    assert_eq!(warm_numbers(&flow).await.unwrap().items_warmed, 3);
    assert!(fail(&flow).await.is_err());
}
