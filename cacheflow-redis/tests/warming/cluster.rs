//! Values that lie on several servers.

use cacheflow::{BoxError, CacheFlow, Pairs};
use cacheflow_redis::RedisBackend;
use cacheflow_testkit::RedisServer;

use crate::world::{WITHIN, numbers, subscribed};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_is_warmed_and_fenced() {
    let cluster = RedisServer::cluster(3).start().await;
    let backend = RedisBackend::cluster(cluster.urls()).unwrap();
    let builder = CacheFlow::builder().backend(backend);
    let flow = builder.operation_budget(WITHIN).build().await.unwrap();
    subscribed(&flow).await;
    let cache = numbers(&flow);
    let source = async |mut pairs: Pairs<u64, u64>| {
        let _ = cache.invalidate(&7).await.unwrap();
        for number in 0..1_000 {
            pairs.send(&number, number).await;
        }
        Ok::<_, BoxError>(())
    };
    let report = cache.warm(source).await.unwrap();
    assert_eq!(
        (report.items_warmed, report.refused, report.failed),
        (999, 1, 0)
    );
    assert_eq!((cache.get(&7).await, cache.get(&8).await), (None, Some(8)));
}
