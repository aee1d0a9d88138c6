//! Pairs on their way, and what is forgotten beside them.

use cacheflow::{BoxError, CacheFlow, Pairs};
use cacheflow_testkit::RedisServer;

use crate::world::{numbers, on, send, subscribed};

/// A node that has subscribed.
async fn node(server: &RedisServer) -> CacheFlow {
    let flow = on(server).build().await.unwrap();
    subscribed(&flow).await;
    flow
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_warmed_is_found_by_other_nodes_and_by_its_tag() {
    let server = RedisServer::start().await;
    let (one, two) = (node(&server).await, node(&server).await);
    let (here, there) = (numbers(&one), numbers(&two));
    let report = here.warm(|pairs| send(pairs, 0..1_234)).await.unwrap();
    assert_eq!(
        (report.items_warmed, report.refused, report.failed),
        (1_234, 0, 0)
    );
    assert_eq!(there.get(&1_233).await, Some(1_233));
    assert_eq!(there.stats().shared_hits, 1);
    let _ = two.invalidate().tags(["number"]).send().await.unwrap();
    for number in [0, 500, 1_233] {
        assert_eq!(there.get(&number).await, None, "{number}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_another_node_forgets_after_the_page_began_does_not_come_back() {
    let server = RedisServer::start().await;
    let (one, two) = (node(&server).await, node(&server).await);
    let (here, there) = (numbers(&one), numbers(&two));
    let source = async |mut pairs: Pairs<u64, u64>| {
        let _ = there.invalidate_many(&[3, 4]).await.unwrap();
        let _ = there.put(&5, 50).await.unwrap();
        for number in 0..10 {
            pairs.send(&number, number).await;
        }
        Ok::<_, BoxError>(())
    };
    let report = here.warm(source).await.unwrap();
    assert_eq!((report.items_warmed, report.refused), (7, 3));
    for cache in [&here, &there] {
        assert_eq!(cache.get(&3).await, None);
        assert_eq!(cache.get(&5).await, Some(50));
        assert_eq!(cache.get(&6).await, Some(6));
    }
}

/// Each of very many, while their tag is forgotten again and again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_old_is_left_of_a_warming_beside_forgettings() {
    let server = RedisServer::start().await;
    let (one, two) = (node(&server).await, node(&server).await);
    let (here, there) = (numbers(&one), numbers(&two));
    let source = async |mut pairs: Pairs<u64, u64>| {
        for number in 0..3_000 {
            if number % 600 == 0 {
                let _ = two.invalidate().tags(["number"]).send().await.unwrap();
            }
            pairs.send(&number, number).await;
        }
        Ok::<_, BoxError>(())
    };
    // One page: it began before each of them.
    let report = here.warm(source).await.unwrap();
    assert_eq!((report.items_warmed, report.refused), (0, 3_000));
    for number in (0..3_000).step_by(100) {
        assert_eq!(there.get(&number).await, None, "{number}");
    }
}
