//! `RedisBackend::from_config`, on real servers.
//!
//! Each of these fails if its option is ignored: `"redis.urls"`, `"redis.topology"`,
//! `"redis.primary"`, `"redis.username"`, `"redis.password"`, `"redis.database"`,
//! `"bus.kind"`.

#![cfg(unix)]

use std::time::Duration;

use cacheflow::{Applied, Cache, CacheFlow, CacheFlowConfig, ErrorKind};
use cacheflow_redis::RedisBackend;
use cacheflow_testkit::{RedisServer, Replicated, Reply, Sentinel, eventually};

const WITHIN: Duration = Duration::from_secs(30);

/// What these variables say.
fn config(variables: &[(&str, &str)]) -> CacheFlowConfig {
    let named = |(name, value): &(&str, &str)| (format!("CACHEFLOW_{name}"), (*value).to_owned());
    CacheFlowConfig::from_variables(variables.iter().map(named)).unwrap()
}

/// A flow on the server that is configured so, when it has heard from it.
async fn flow(config: CacheFlowConfig) -> CacheFlow {
    let redis = RedisBackend::from_config(&config).unwrap().unwrap();
    let builder = CacheFlow::builder().operation_budget(WITHIN);
    let flow = builder.backend(redis).config(config).build().await.unwrap();
    eventually("connected", WITHIN, async || flow.health().is_good()).await;
    flow
}

/// Puts a value through such a flow.
async fn put(config: CacheFlowConfig) {
    let flow = flow(config).await;
    let users: Cache<u64, u64> = flow.cache("users").build().unwrap();
    let _ = users.put(&1, 10).await.unwrap();
}

/// Whether there is a value on the server that these words reach.
async fn has_value(server: &RedisServer) -> bool {
    let exists = server.command(&["EXISTS", "cacheflow:users:1"]).await;
    exists.unwrap() == Reply::Integer(1)
}

#[tokio::test]
async fn urls() {
    let server = RedisServer::start().await;
    put(config(&[("REDIS__URLS", &server.url())])).await;
    assert!(has_value(&server).await);
    assert!(
        RedisBackend::from_config(&CacheFlowConfig::default())
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn database() {
    let server = RedisServer::start().await;
    put(config(&[
        ("REDIS__URLS", &server.url()),
        ("REDIS__DATABASE", "3"),
    ]))
    .await;
    assert!(!has_value(&server).await);
}

#[tokio::test]
async fn username_and_password() {
    let server = RedisServer::start().await;
    let acl = [
        "ACL", "SETUSER", "shop", "on", ">sesame", "~*", "&*", "+@all",
    ];
    server.command(&acl).await.unwrap();
    server
        .command(&["ACL", "SETUSER", "default", "off"])
        .await
        .unwrap();
    let credentials = [
        ("REDIS__URLS", server.url()),
        ("REDIS__USERNAME", "shop".to_owned()),
        ("REDIS__PASSWORD", "sesame".to_owned()),
    ];
    let credentials: Vec<_> = credentials
        .iter()
        .map(|(name, it)| (*name, &**it))
        .collect();
    put(config(&credentials)).await;
    for missing in 1..3 {
        let mut some = credentials.clone();
        some.remove(missing);
        let config = config(&some);
        assert!(!format!("{config:?}").contains("sesame"));
        let redis = RedisBackend::from_config(&config).unwrap().unwrap();
        assert!(!format!("{redis:?}").contains("sesame"));
        let builder = CacheFlow::builder().operation_budget(WITHIN);
        let flow = builder.backend(redis).config(config).build().await.unwrap();
        let users: Cache<u64, u64> = flow.cache("users").build().unwrap();
        let put = users.put(&1, 10).await;
        assert_eq!(
            put.unwrap(),
            Applied::Local,
            "without {:?}",
            credentials[missing].0
        );
    }
}

#[tokio::test]
async fn topology_and_primary() {
    let pair = Replicated::start().await;
    let sentinel = Sentinel::start(&pair).await;
    let by_sentinel = [
        ("REDIS__TOPOLOGY", "sentinel".to_owned()),
        ("REDIS__URLS", sentinel.url()),
        ("REDIS__PRIMARY", sentinel.service().to_owned()),
    ];
    let by_sentinel: Vec<_> = by_sentinel
        .iter()
        .map(|(name, it)| (*name, &**it))
        .collect();
    put(config(&by_sentinel)).await;
    assert!(has_value(pair.primary()).await);

    let cluster = RedisServer::cluster(1).start().await;
    let urls = cluster.urls().join(",");
    put(config(&[
        ("REDIS__TOPOLOGY", "cluster"),
        ("REDIS__URLS", &urls),
    ]))
    .await;
    let keys = cluster.keys().await;
    assert!(
        keys.iter().any(|key| key.contains("{cacheflow:journal}")),
        "{keys:?}"
    );
}

#[tokio::test]
async fn kind_of_the_bus() {
    let server = RedisServer::start().await;
    let subscribers = async |kind| {
        let flow = flow(config(&[
            ("REDIS__URLS", &server.url()),
            ("BUS__KIND", kind),
        ]))
        .await;
        let channels = server.command(&["PUBSUB", "CHANNELS"]).await.unwrap();
        drop(flow);
        format!("{channels:?}").contains("invalidation")
    };
    assert!(!subscribers("stream").await);
    assert!(subscribers("pubsub").await);
}

#[test]
fn a_url_that_cannot_be_read_shows_no_password() {
    let mut config = CacheFlowConfig::default();
    config.redis.urls = Some(vec!["redis://user:sesame@host:port".into()]);
    let error = RedisBackend::from_config(&config).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidConfig);
    assert!(
        !format!("{error} {error:?}").contains("sesame"),
        "{error:?}"
    );
    config.redis.topology = Some("ring".to_owned());
    let error = RedisBackend::from_config(&config).unwrap_err();
    assert!(
        error.to_string().contains("redis.topology = \"ring\""),
        "{error}"
    );
}
