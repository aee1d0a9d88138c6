//! Two nodes put the same key: afterwards all agree, or nobody holds anything.

use std::sync::Arc;
use std::time::Duration;

use cacheflow::{Applied, Cache};
use cacheflow_testkit::{RedisServer, eventually};
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

use crate::world::{
    BOUND, Db, Node, PREFIX, Split, World, builder, builder_on, bytes_of, calls, redis, within,
};

/// What the nodes and Redis hold of `key`; without an own look at Redis by the
/// nodes, which would bring it into their memory.
async fn held(nodes: &[Node], past_memory: &Node, key: u64) -> Vec<u64> {
    let mut held: Vec<u64> = nodes.iter().filter_map(|node| node.peek(key)).collect();
    held.extend(past_memory.users.get(&key).await);
    held.sort_unstable();
    held.dedup();
    held
}

#[tokio::test]
async fn of_two_puts_that_did_not_hear_of_one_another_none_is_kept() {
    let world = World::start().await;
    let a = Node::ready(&world.server.url()).await;
    let split = Split::new(&world.server.url(), &world.proxy.url());
    let deaf = Node::ready_as(builder_on(split)).await;
    world.proxy.black_hole();
    assert_eq!(a.users.put(&7, 10).await.unwrap(), Applied::Recorded);
    assert_eq!(deaf.users.put(&7, 20).await.unwrap(), Applied::Recorded);
    assert_eq!(deaf.peek(7), None, "kept although it lost");
    assert_eq!(
        bytes_of(&world.server, &format!("{PREFIX}users:7")).await,
        None
    );
    eventually("the first has heard of the second", BOUND, async || {
        a.peek(7).is_none()
    })
    .await;
    // The answer told what had been missed: it need not hear it again.
    assert_eq!(deaf.users.put(&7, 30).await.unwrap(), Applied::Recorded);
    assert_eq!(deaf.peek(7), Some(30));
}

/// The bus brings each its own record before the answer comes.
#[tokio::test]
async fn of_two_puts_at_once_on_one_node_none_is_kept() {
    let world = World::start().await;
    let split = Split::new(&world.proxy.url(), &world.server.url());
    let node = Node::ready_as(builder_on(split)).await;
    let _ = node.users.put(&7, 1).await.unwrap();
    world.proxy.delay(Duration::from_millis(50));
    let (first, second) = tokio::join!(node.users.put(&7, 10), node.users.put(&7, 20));
    assert_eq!(
        (first.unwrap(), second.unwrap()),
        (Applied::Recorded, Applied::Recorded)
    );
    assert_eq!(node.peek(7), None, "nobody knows which is newer");
    let key = format!("{PREFIX}users:7");
    assert_eq!(bytes_of(&world.server, &key).await, None);
    assert_eq!(node.users.under_way(), 0);
}

/// The bus brings its own record before the answer comes.
#[tokio::test]
async fn a_put_is_not_dropped_by_its_own_message() {
    let world = World::start().await;
    let split = Split::new(&world.proxy.url(), &world.server.url());
    let node = Node::ready_as(builder_on(split)).await;
    let _ = node.users.put(&7, 1).await.unwrap();
    world.proxy.delay(Duration::from_millis(50));
    for value in 2..5 {
        assert_eq!(node.users.put(&7, value).await.unwrap(), Applied::Recorded);
        assert_eq!(node.peek(7), Some(value));
    }
}

/// The put was kept; before its answer is here, the key is forgotten again.
#[tokio::test]
async fn a_put_that_was_forgotten_before_its_answer_is_not_kept() {
    let world = World::start().await;
    let other = Node::ready(&world.server.url()).await;
    let split = Split::new(&world.proxy.url(), &world.server.url());
    let node = Node::ready_as(builder_on(split)).await;
    let _ = node.users.put(&7, 1).await.unwrap();
    redis(&world.server, &["CONFIG", "RESETSTAT"]).await;
    world.proxy.delay(Duration::from_millis(150));
    let users = node.users.clone();
    let put = tokio::spawn(async move { users.put(&7, 10).await.unwrap() });
    eventually("it stands in the journal", BOUND, async || {
        calls(&world.server, "hincrby").await > 0
    })
    .await;
    let _ = other.users.invalidate(&7).await.unwrap();
    assert_eq!(within(put).await.unwrap(), Applied::Recorded);
    eventually("nothing old is in memory", BOUND, async || {
        node.peek(7).is_none()
    })
    .await;
}

#[tokio::test]
async fn the_answer_to_an_own_change_applies_what_was_missed_before_it() {
    let (world, db) = (World::start().await, Db::at(1));
    let a = Node::ready(&world.server.url()).await;
    let split = Split::new(&world.server.url(), &world.proxy.url());
    let deaf = Node::ready_as(builder_on(split)).await;
    for key in [7, 8, 9] {
        deaf.get(key, &db).await;
    }
    world.proxy.black_hole();
    db.set(2);
    let _ = a.users.invalidate(&7).await.unwrap();
    assert_eq!(deaf.peek(7), Some(1), "it has not heard");
    let _ = deaf.users.invalidate(&8).await.unwrap();
    assert_eq!((deaf.peek(7), deaf.peek(8)), (None, None));
    assert_eq!(deaf.peek(9), Some(1), "and nothing else is dropped");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_many_puts_at_once_all_nodes_and_redis_agree() {
    let world = World::start().await;
    let url = world.server.url();
    let slow_bus = || builder_on(Split::new(&url, &world.proxy.url()));
    let slow_store = || builder_on(Split::new(&world.proxy.url(), &url));
    let nodes = [
        Node::ready(&url).await,
        Node::ready_as(slow_bus()).await,
        Node::ready_as(slow_store()).await,
    ];
    let past_memory = Node::without_memory(builder(&url)).await;
    world.proxy.delay(Duration::from_millis(3));
    for round in 0..40_u64 {
        let mut puts = JoinSet::new();
        for (number, node) in (1..).zip(&nodes) {
            for key in 0..4_u64 {
                let users = node.users.clone();
                puts.spawn(async move {
                    if (round + key) % 5 == 0 {
                        users.invalidate(&key).await.unwrap()
                    } else {
                        users.put(&key, round * 10 + number).await.unwrap()
                    }
                });
            }
        }
        let applied = puts.join_all().await;
        assert!(applied.iter().all(|applied| *applied == Applied::Recorded));
        for key in 0..4 {
            eventually("all agree, or hold nothing", BOUND, async || {
                held(&nodes, &past_memory, key).await.len() <= 1
            })
            .await;
        }
    }
    // Nobody's ticket is left behind.
    assert!(nodes.iter().all(|node| node.users.under_way() == 0));
}

#[tokio::test]
async fn a_put_of_which_the_key_was_cleared_meanwhile_is_not_kept() {
    let world = World::start().await;
    let a = Node::ready(&world.server.url()).await;
    let split = Split::new(&world.server.url(), &world.proxy.url());
    let deaf = Node::ready_as(builder_on(split)).await;
    world.proxy.black_hole();
    let _ = a.users.clear().await.unwrap();
    let _ = deaf.users.put(&7, 20).await.unwrap();
    assert_eq!(deaf.peek(7), None);
    assert_eq!(
        bytes_of(&world.server, &format!("{PREFIX}users:7")).await,
        None
    );
}

#[derive(Clone, Debug, Deserialize)]
struct Explosive(bool);

impl Serialize for Explosive {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        assert!(!self.0, "this value cannot be written");
        serializer.serialize_newtype_struct("Explosive", &self.0)
    }
}

/// The panic of a value's own code is the caller's, and ends nothing else.
#[tokio::test]
async fn a_put_whose_value_panics_while_it_is_written_panics() {
    let server = RedisServer::start().await;
    let node = Node::ready(&server.url()).await;
    let cache: Cache<u64, Explosive> = node.flow.cache("explosives").build().unwrap();
    let _ = cache.put(&7, Explosive(false)).await.unwrap();
    let (putting, held) = (cache.clone(), Arc::new(cache));
    let put = tokio::spawn(async move { putting.put(&7, Explosive(true)).await });
    let told = within(put).await.is_err_and(|error| error.is_panic());
    let old = held.get(&7).await.is_some_and(|value| !value.0);
    assert!(told || !old, "the old value stays and nobody was told");
    assert_eq!(held.under_way(), 0, "a ticket was left behind");
}
