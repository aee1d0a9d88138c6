//! What is known to be wrong: each test fails today, and says why.
//!
//! `cargo test -p cacheflow-redis --test it -- --ignored` runs them.

use std::sync::Arc;
use std::time::Duration;

use cacheflow::clock::Clock;
use cacheflow::{Applied, Cache, Event, Strategy};
use cacheflow_testkit::{RedisServer, eventually};
use serde::{Deserialize, Serialize};

use crate::failover::Address;
use crate::world::{
    Db, Node, Outage, PREFIX, Split, World, builder, builder_on, calls, event, impatient, journal,
    redis, two, within,
};

/// Shorter than [`BOUND`](crate::world::BOUND): these are waited for in vain.
const SOON: Duration = Duration::from_secs(5);

/// A Redis that lost its last seconds brings a forgotten value back. The store's
/// connection adopts a new journal, but the node stands in the old one until
/// its bus is back, and believes what was written under it.
#[tokio::test]
#[ignore = "the store reads in the old journal until the bus is back"]
async fn what_was_forgotten_does_not_come_back_with_a_redis_that_lost_its_last_writes() {
    let (world, db) = (World::start().await, Db::at(1));
    let split = Split::new(&world.server.url(), &world.proxy.url());
    let node = Node::without_memory(builder_on(split)).await;
    node.get(7, &db).await;
    redis(&world.server, &["SAVE"]).await;
    db.set(2);
    assert_eq!(node.users.invalidate(&7).await.unwrap(), Applied::Recorded);
    world.proxy.black_hole();
    world.server.restart().await;
    eventually("Redis is read again", SOON, async || {
        assert_eq!(node.get(7, &db).await, 2);
        calls(&world.server, "pttl").await > 3
    })
    .await;
}

/// While the recovery sends a batch, that batch is in no count.
#[tokio::test]
#[ignore = "a batch on its way is in no count"]
async fn a_shutdown_waits_for_what_is_being_sent() {
    let (world, db) = (World::start().await, Db::at(1));
    let node = Node::ready(&world.proxy.url()).await;
    node.get(7, &db).await;
    redis(
        &world.server,
        &["CONFIG", "SET", "min-replicas-to-write", "1"],
    )
    .await;
    world.proxy.delay(Duration::from_millis(50));
    assert_eq!(node.users.invalidate(&7).await.unwrap(), Applied::Local);
    eventually("it is being sent", SOON, async || {
        node.flow.health().waiting_invalidations == 0
    })
    .await;
    let ended = within(node.flow.shutdown(Duration::from_secs(1))).await;
    assert!(ended.is_err(), "Redis refused all along");
}

/// A change that is under way is in no count either.
#[tokio::test]
#[ignore = "changes under way are in no count"]
async fn a_shutdown_waits_for_changes_under_way() {
    let world = World::start().await;
    let node = Node::ready_as(impatient(&world.server.url())).await;
    world.begin(Outage::Paused);
    let users = node.users.clone();
    let change = tokio::spawn(async move { users.invalidate(&7).await.unwrap() });
    tokio::task::yield_now().await;
    let ended = within(node.flow.shutdown(Duration::from_secs(1))).await;
    assert_eq!(within(change).await.unwrap(), Applied::Local);
    assert!(ended.is_err(), "Redis does not know of it and never will");
}

/// One message with a number that the journal has not reached makes a node
/// deaf to all records up to it, in perfect health.
#[tokio::test]
#[ignore = "a heartbeat behind the node is believed for ever"]
async fn a_number_ahead_of_the_journal_does_not_make_a_node_deaf() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let node = Node::ready(&server.url()).await;
    let (inc, _) = journal(&server).await;
    let mut events = node.flow.events();
    let message = format!(r#"{{"type":"EVICT","keys":[],"origin":"x","inc":"{inc}","n":1000}}"#);
    let channel = format!("{PREFIX}invalidation");
    redis(&server, &["PUBLISH", &channel, &message]).await;
    event(&mut events, |event| *event == Event::Gap).await;
    // Who comes later knows nothing of it.
    let late = Node::ready(&server.url()).await;
    late.get(7, &db).await;
    node.get(7, &db).await;
    let _ = late.users.invalidate(&7).await.unwrap();
    eventually("the news are heard", SOON, async || node.peek(7).is_none()).await;
}

/// Channels belong to the server, journals to a database of it.
#[tokio::test]
#[ignore = "the channel does not name the database"]
async fn another_database_of_the_server_is_another_world() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let (a, b) = two(&server).await;
    let staging = Node::ready(&format!("{}/1", server.url())).await;
    for key in [7, 8] {
        a.get(key, &db).await;
    }
    let _ = staging.users.invalidate(&9).await.unwrap();
    let _ = b.users.invalidate(&8).await.unwrap();
    eventually("the node has heard", SOON, async || a.peek(8).is_none()).await;
    assert_eq!(a.peek(7), Some(1));
}

/// An entry carries its key without the name of its cache.
#[tokio::test]
#[ignore = "the identity in an entry is without its cache"]
async fn bytes_copied_from_another_cache_are_a_miss() {
    let server = RedisServer::start().await;
    let flow = builder(&server.url()).build().await.unwrap();
    Node::on(flow.clone()).is_good().await;
    let cache = |name: &str| -> Cache<u64, String> {
        let builder = flow.cache(name).strategy(Strategy::cache_aside());
        builder.build().unwrap()
    };
    let (names, addresses) = (cache("names"), cache("addresses"));
    let load = async |cache: &Cache<u64, String>, value: &str| {
        let load = async || Ok::<_, String>(value.to_owned());
        within(cache.get_or_load(&1, load)).await.unwrap()
    };
    assert_eq!(load(&names, "Ada").await, "Ada");
    let (from, to) = (format!("{PREFIX}names:1"), format!("{PREFIX}addresses:1"));
    redis(&server, &["COPY", &from, &to]).await;
    assert_eq!(
        load(&addresses, "12, St James's Square").await,
        "12, St James's Square"
    );
}

/// A put takes its position when it is called, which is after the source was
/// changed: two writers whose puts come in the opposite order of their commits
/// leave the older value.
#[tokio::test]
#[ignore = "a put cannot take its position before the commit"]
async fn puts_in_the_opposite_order_of_their_commits_leave_nothing_old() {
    let (server, db) = (RedisServer::start().await, Db::at(0));
    let (a, b) = two(&server).await;
    a.get(7, &db).await;
    db.set(1); // a's commit
    db.set(2); // b's commit
    let _ = b.users.put(&7, 2).await.unwrap();
    eventually("the other has heard", SOON, async || a.peek(7).is_none()).await;
    let _ = a.users.put(&7, 1).await.unwrap();
    assert_eq!(a.get(7, &db).await, 2);
}

#[derive(Clone, Debug, Deserialize)]
struct Explosive(bool);

impl Serialize for Explosive {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        assert!(!self.0, "this value cannot be written");
        serializer.serialize_newtype_struct("Explosive", &self.0)
    }
}

/// The panic of a value's own code ends the task that puts it: the caller is
/// told that all is well, and everybody keeps the old value.
#[tokio::test]
#[ignore = "the panic of a change is swallowed"]
async fn a_put_that_panics_does_not_leave_the_old_value_in_silence() {
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

/// Behind a closed gate memory is not served, but a load that began before the
/// news is still joined by who comes long after.
#[tokio::test]
#[ignore = "joining a flight does not ask the gate"]
async fn behind_a_closed_gate_nobody_joins_a_load_that_is_too_old() {
    let (world, clock, db) = (World::start().await, Clock::manual(), Db::at(1));
    let staleness = Duration::from_secs(2);
    let a = Node::ready(&world.server.url()).await;
    let split = Split::new(&world.server.url(), &world.proxy.url());
    let split = builder_on(split).max_staleness(staleness);
    let deaf = Arc::new(Node::ready_as(split.clock(clock.clone())).await);
    let load = deaf.begin_load(7, &db).await;
    world.proxy.black_hole();
    db.set(2);
    let _ = a.users.invalidate(&7).await.unwrap();
    clock.advance(10 * staleness);
    let (late, its_db) = (Arc::clone(&deaf), Arc::clone(&db));
    let late = tokio::spawn(async move { late.get(7, &its_db).await });
    eventually("it waits or loads", SOON, async || {
        db.reads() == 2 || deaf.users.stats().joined == 1
    })
    .await;
    load.finish().await;
    assert_eq!(within(late).await.unwrap(), 2);
}

/// A heartbeat proves that a server lives, not that it is still the journal's.
#[tokio::test]
#[ignore = "a heartbeat does not ask for the role"]
async fn the_bus_leaves_a_primary_that_became_a_replica() {
    let (old, new) = (RedisServer::start().await, RedisServer::start().await);
    let (address, db) = (Address::of(&old).await, Db::at(1));
    let node = Node::ready(&address.url).await;
    node.get(7, &db).await;
    address.leads_to(&new);
    redis(&old, &["REPLICAOF", "127.0.0.1", "1"]).await;
    let late = Node::ready(&address.url).await;
    let _ = late.users.invalidate(&7).await.unwrap();
    eventually("the news are heard", SOON, async || node.peek(7).is_none()).await;
}

/// `cacheflow:` + cache `shop` + key `journal` is `cacheflow:shop:` + `journal`.
#[tokio::test]
#[ignore = "names with and without namespace are not apart"]
async fn a_cache_does_not_write_over_the_journal_of_a_namespace_of_its_name() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let shop = builder(&server.url()).namespace("shop").build().await;
    let shop = Node::on(shop.unwrap());
    shop.is_good().await;
    let other = builder(&server.url()).namespace("").build().await.unwrap();
    Node::on(other.clone()).is_good().await;
    let cache: Cache<String, u64> = other.cache("shop").build().unwrap();
    within(cache.get_or_load("journal", || db.read()))
        .await
        .unwrap();
    let applied = within(shop.users.invalidate(&7)).await.unwrap();
    assert_eq!(applied, Applied::Recorded);
    eventually("its service goes on", SOON, async || {
        shop.flow.health().is_good()
    })
    .await;
}
