//! Two nodes of a service on a cluster: what they promise on one server holds here.

use std::time::Duration;

use cacheflow::{Applied, Cache, CacheFlow, Invalidation};
use cacheflow_redis::RedisBackend;
use cacheflow_testkit::{RedisCluster, RedisServer, eventually};
use tokio::sync::oneshot;

/// A bound against hanging, not an expectation.
const WITHIN: Duration = Duration::from_secs(60);

struct Node {
    flow: CacheFlow,
    users: Cache<u64, u64>,
    pages: Cache<u64, u64>,
}

impl Node {
    async fn on(cluster: &RedisCluster) -> Self {
        let flow = CacheFlow::builder()
            .namespace("nodes")
            .backend(RedisBackend::cluster(cluster.urls()).unwrap())
            .operation_budget(Duration::from_secs(5))
            .build()
            .await
            .unwrap();
        let tens = |value: &u64| vec![format!("tens:{}", value / 10)];
        let node = Self {
            users: flow.cache("users").tags(tens).build().unwrap(),
            pages: flow.cache("pages").build().unwrap(),
            flow,
        };
        node.is_good().await;
        node
    }

    async fn is_good(&self) {
        let good = async || self.flow.health().is_good();
        eventually("the node has subscribed", WITHIN, good).await;
    }

    async fn load(&self, key: u64, value: u64) -> u64 {
        let loaded = self
            .users
            .get_or_load(&key, async || Ok::<_, String>(value));
        loaded.await.unwrap()
    }

    /// A page is made of a user.
    async fn page(&self, key: u64) -> u64 {
        let made = self
            .pages
            .get_or_load(&key, async || Ok::<_, String>(self.load(key, key).await));
        made.await.unwrap()
    }

    /// What a reader gets whose loader knows nothing.
    async fn has(&self, key: u64) -> bool {
        self.users.get(&key).await.is_some()
    }
}

async fn two() -> (RedisCluster, Node, Node) {
    let cluster = RedisServer::cluster(3).start().await;
    let (one, two) = (Node::on(&cluster).await, Node::on(&cluster).await);
    (cluster, one, two)
}

async fn everywhere(invalidation: Invalidation) {
    let applied = invalidation.await_cluster(WITHIN).send().await.unwrap();
    assert_eq!(applied, Applied::Everywhere);
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_forgotten_is_gone_on_the_other_node_and_what_is_not_stays() {
    type Forget = fn(Invalidation) -> Invalidation;
    let ways: [(&str, Forget, [bool; 3]); 6] = [
        ("key", |flow| flow.keys(["users:10"]), [false, true, true]),
        ("tag", |flow| flow.tags(["tens:1"]), [false, false, true]),
        (
            "pattern",
            |flow| flow.pattern("users:1?"),
            [false, false, true],
        ),
        ("cache", |flow| flow.cache("users"), [false; 3]),
        ("everything", Invalidation::all, [false; 3]),
        ("nothing of these", |flow| flow.pattern("user:*"), [true; 3]),
    ];
    let (_cluster, one, two) = two().await;
    for (way, forget, expected) in ways {
        for key in [10, 11, 20] {
            one.page(key).await;
            assert_eq!(two.page(key).await, key);
        }
        everywhere(forget(one.flow.invalidate())).await;
        for node in [&one, &two] {
            for (key, expected) in [10, 11, 20].into_iter().zip(expected) {
                assert_eq!(node.has(key).await, expected, "{way} {key}");
                let page = node.pages.get(&key).await.is_some();
                assert_eq!(page, expected, "the page, {way} {key}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn loads_are_fenced_by_what_another_node_forgets_meanwhile() {
    let (_cluster, one, two) = two().await;
    for by_tag in [false, true] {
        let (go_on, wait) = oneshot::channel();
        let (begun, has_begun) = oneshot::channel();
        let users = one.users.clone();
        let loading = tokio::spawn(async move {
            let loaded = users.get_or_load(&10, async || {
                begun.send(()).unwrap();
                wait.await.unwrap();
                Ok::<_, String>(10)
            });
            loaded.await.unwrap()
        });
        has_begun.await.unwrap();
        let forget = two.flow.invalidate();
        let forget = if by_tag {
            forget.tags(["tens:1"])
        } else {
            forget.keys(["users:10"])
        };
        let _ = forget.send().await.unwrap();
        go_on.send(()).unwrap();
        assert_eq!(loading.await.unwrap(), 10);
        for node in [&one, &two] {
            assert!(!node.has(10).await, "by tag: {by_tag}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn puts_and_writes_reach_the_other_node() {
    let (_cluster, one, two) = two().await;
    assert_eq!((one.page(10).await, two.page(10).await), (10, 10));
    assert_eq!(one.users.put(&10, 11).await.unwrap(), Applied::Recorded);
    everywhere(one.flow.invalidate().keys(["users:0"])).await;
    assert_eq!(two.load(10, 99).await, 11);
    assert!(
        two.pages.get(&10).await.is_none(),
        "it was made of the old one"
    );

    let write = one.users.begin_write(&10).await.unwrap();
    assert_eq!(write.begun(), Applied::Recorded);
    everywhere(one.flow.invalidate().keys(["users:0"])).await;
    for node in [&one, &two] {
        assert_eq!(node.load(10, 12).await, 12);
        assert!(!node.has(10).await);
    }
    let _ = write.finish().await.unwrap();
    everywhere(one.flow.invalidate().keys(["users:0"])).await;
    assert_eq!(two.load(10, 13).await, 13);
    assert_eq!(one.load(10, 99).await, 13);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_left_behind_is_removed_in_the_end() {
    let (cluster, one, _two) = two().await;
    for key in 0..300 {
        one.load(key, 10).await;
    }
    one.load(1_000, 20).await;
    everywhere(one.flow.invalidate().tags(["tens:1"])).await;
    let left = async || {
        let names = cluster.keys().await;
        let of_users = |name: &&String| name.contains("/users:");
        names.iter().filter(of_users).count() == 1
    };
    eventually("the values are removed", WITHIN, left).await;
    assert!(one.has(1_000).await);
}

/// Wherever it happens: the journal's server, or another that holds values.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_replaced_brings_nothing_old_back() {
    let cluster = RedisServer::cluster(3).with_replicas().start().await;
    let (one, two) = (Node::on(&cluster).await, Node::on(&cluster).await);
    for server in 0..3 {
        for key in 0..30 {
            one.load(key, key).await;
            two.load(key, key).await;
        }
        everywhere(one.flow.invalidate().tags(["tens:1"]).keys(["users:5"])).await;
        cluster.until_in_sync(server).await;
        cluster.fail_over(server).await;
        for node in [&one, &two] {
            for key in [5, 10, 19] {
                assert!(!node.has(key).await, "{key} after {server}");
            }
            node.is_good().await;
            for key in [5, 10, 19] {
                assert!(!node.has(key).await, "{key} after {server}");
            }
        }
        everywhere(two.flow.invalidate().all()).await;
    }
}
