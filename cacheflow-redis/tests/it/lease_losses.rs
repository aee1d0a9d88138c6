//! Leases that are lost, and lock servers that are away: a lease saves loads, and
//! nobody fails or waits because of it.

use std::sync::Arc;
use std::time::Duration;

use cacheflow::bus::Bus;
use cacheflow::lock::Leases;
use cacheflow::store::SharedStore;
use cacheflow::{Backend, Cache, ErrorKind, Event, Level, Namespace, Strategy};
use cacheflow_redis::RedisBackend;
use cacheflow_testkit::{Recording, RedisServer, eventually};

use crate::world::{
    BOUND, Db, Load, Node, Outage, PREFIX, World, builder, builder_on, bytes_of, event, get,
    impatient, integer, redis, within,
};

const MINUTE: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(600);

fn lease() -> String {
    format!("{PREFIX}lock:leased:7")
}

fn value() -> String {
    format!("{PREFIX}leased:7")
}

fn leased(node: &Node, length: Duration) -> Cache<u64, u64> {
    let strategy = Strategy::multi_level().distributed_lock(length);
    let cache = node.flow.cache("leased").strategy(strategy);
    cache.follower_timeout(60 * MINUTE).build().unwrap()
}

/// Values on one server, leases on another.
struct Apart {
    values: RedisBackend,
    leases: RedisBackend,
}

impl Backend for Apart {
    fn store(&self, namespace: &Namespace) -> Arc<dyn SharedStore> {
        self.values.store(namespace)
    }

    fn bus(&self, namespace: &Namespace) -> Arc<dyn Bus> {
        self.values.bus(namespace)
    }

    fn leases(&self, namespace: &Namespace) -> Arc<dyn Leases> {
        self.leases.leases(namespace)
    }
}

#[tokio::test]
async fn while_the_lock_server_is_away_everybody_loads_and_keeps() {
    for outage in Outage::ALL {
        let (values, locks, db) = (RedisServer::start().await, World::start().await, Db::at(1));
        let apart = || {
            let backend = Apart {
                values: RedisBackend::open(&values.url()).unwrap(),
                leases: RedisBackend::open(&locks.url(outage)).unwrap(),
            };
            builder_on(backend).operation_budget(Duration::from_secs(1))
        };
        let a = leased(&Node::ready_as(apart()).await, MINUTE);
        let b = leased(&Node::ready_as(apart()).await, MINUTE);
        assert_eq!(get(&a, 1, &db).await, 1);
        locks.begin(outage);
        let loads = db.reads();
        assert_eq!(get(&a, 7, &db).await, 1);
        assert_eq!(db.reads(), loads + 1, "{outage:?}");
        let kept = bytes_of(&values, &value()).await;
        assert!(kept.is_some(), "{outage:?}: the values' server is there");
        assert_eq!(get(&b, 7, &db).await, 1);
        assert_eq!(db.reads(), loads + 1, "{outage:?}: it reads what was kept");
        for key in 100..110 {
            assert_eq!(get(&b, key, &db).await, 1);
        }
        assert_eq!(db.reads(), loads + 11, "{outage:?}");
        assert_eq!((a.under_way(), b.under_way()), (0, 0));
    }
}

/// With its values it is away as well: three calls find that out, as always.
#[tokio::test]
async fn a_server_that_is_away_costs_no_more_with_leases_than_without() {
    for outage in Outage::ALL {
        let (world, db) = (World::start().await, Db::at(1));
        let node = Node::ready_as(impatient(&world.url(outage))).await;
        let cache = leased(&node, MINUTE);
        world.begin(outage);
        for key in 0..30 {
            assert_eq!(get(&cache, key, &db).await, 1);
        }
        assert_eq!(db.reads(), 30);
        assert_eq!(cache.stats().store_failures, 3, "{outage:?}");
        let mut events = node.flow.events();
        world.end(outage).await;
        event(&mut events, |event| *event == Event::StoreUp).await;
        node.is_good().await;
        eventually("leases are taken again", BOUND, async || {
            let _ = cache.invalidate(&7).await.unwrap();
            get(&cache, 7, &db).await;
            bytes_of(&world.server, &value()).await.is_some()
        })
        .await;
        assert_eq!(integer(&world.server, &["EXISTS", &lease()]).await, 0);
    }
}

#[tokio::test]
async fn a_holder_whose_server_goes_away_ends_its_load() {
    for outage in Outage::ALL {
        let (world, db) = (World::start().await, Db::at(1));
        let node = Node::ready_as(impatient(&world.url(outage))).await;
        let cache = leased(&node, SHORT);
        let load = Load::begin(&cache, 7, &db).await;
        world.begin(outage);
        assert_eq!(load.finish().await, 1, "{outage:?}");
        assert_eq!((db.reads(), cache.under_way()), (1, 0));
        world.end(outage).await;
        node.is_good().await;
        eventually("its lease ends by itself", BOUND, async || {
            integer(&world.server, &["EXISTS", &lease()]).await == 0
        })
        .await;
    }
}

#[tokio::test]
async fn a_lock_by_name_of_a_server_that_is_away_is_an_error() {
    for outage in Outage::ALL {
        let world = World::start().await;
        let node = Node::ready_as(impatient(&world.url(outage))).await;
        let lock = node.flow.lock("nightly", MINUTE);
        world.begin(outage);
        for _ in 0..5 {
            let (tried, waited) = (lock.try_acquire(), lock.acquire_within(MINUTE));
            for error in [
                within(tried).await.unwrap_err(),
                within(waited).await.unwrap_err(),
            ] {
                let kind = error.kind();
                assert!(
                    matches!(kind, ErrorKind::Unavailable | ErrorKind::Timeout),
                    "{outage:?}: {error}"
                );
            }
        }
    }
}

#[tokio::test]
async fn a_lease_that_is_anothers_by_now_is_not_given_back() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let cache = leased(&Node::ready(&server.url()).await, MINUTE);
    let load = Load::begin(&cache, 7, &db).await;
    redis(&server, &["SET", &lease(), "another", "PX", "60000"]).await;
    assert_eq!(load.finish().await, 1);
    let held = bytes_of(&server, &lease()).await;
    assert_eq!(held.as_deref(), Some(&b"another"[..]));
    redis(&server, &["DEL", &lease()]).await;

    // Nor by a caller that is gone.
    let recording = Recording::new(RedisBackend::open(&server.url()).unwrap());
    let node = Node::ready_as(builder_on(recording.clone())).await;
    let cache = leased(&node, MINUTE);
    let _ = cache.invalidate(&7).await.unwrap();
    let load = Load::begin(&cache, 7, &db).await;
    redis(&server, &["SET", &lease(), "another", "PX", "60000"]).await;
    load.cancel().await;
    eventually("it is tried in the background", BOUND, async || {
        recording.take().iter().any(|it| *it == "release leased:7")
    })
    .await;
    // On the same connection, after it.
    let _ = cache.get(&8).await;
    let held = bytes_of(&server, &lease()).await;
    assert_eq!(held.as_deref(), Some(&b"another"[..]));
}

/// Nobody has changed anything, so nothing else would refuse the fill.
#[tokio::test]
async fn who_has_lost_its_lease_does_not_keep_what_it_loaded() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let node = Node::ready(&server.url()).await;
    let slow = leased(&node, SHORT);
    let fast = leased(&Node::ready(&server.url()).await, SHORT);
    let load = Load::begin(&slow, 7, &db).await;
    // As if its time had been over; from here on it cannot be renewed.
    redis(&server, &["DEL", &lease()]).await;
    redis(&server, &["SET", "a lease", "is over", "PX", "600"]).await;
    db.set(2);
    assert_eq!(get(&fast, 7, &db).await, 2);
    let kept = bytes_of(&server, &value()).await;
    eventually("its own time is over", BOUND, async || {
        bytes_of(&server, "a lease").await.is_none()
    })
    .await;
    let mut events = node.flow.events();
    assert_eq!(load.finish().await, 1);
    assert_eq!(slow.stats().fills_refused, 1);
    let told = |event: &Event| matches!(event, Event::FillRefused { .. });
    event(&mut events, told).await;
    assert_eq!(slow.peek(&7), None, "not in memory");
    assert_eq!(bytes_of(&server, &value()).await, kept, "nor in Redis");
    let found = slow.lookup(&7).await.found().unwrap();
    assert_eq!((found.value, found.level), (2, Level::Shared));
    assert_eq!(slow.under_way(), 0);
}

/// Cut off, it cannot renew; when its time is over another loads.
#[tokio::test]
async fn a_holder_that_is_cut_off_loses_its_lease_and_keeps_nothing() {
    let (world, db) = (World::start().await, Db::at(1));
    let cut_off = Node::ready_as(impatient(&world.proxy.url())).await;
    let slow = leased(&cut_off, SHORT);
    let fast = leased(&Node::ready(&world.server.url()).await, SHORT);
    let load = Load::begin(&slow, 7, &db).await;
    world.begin(Outage::BlackHole);
    db.set(2);
    assert_eq!(get(&fast, 7, &db).await, 2);
    assert_eq!(db.reads(), 2);
    let kept = bytes_of(&world.server, &value()).await;
    world.end(Outage::BlackHole).await;
    cut_off.is_good().await;
    assert_eq!(load.finish().await, 1);
    assert_eq!(slow.peek(&7), None);
    assert_eq!(bytes_of(&world.server, &value()).await, kept);
    eventually("it reads the other's", BOUND, async || {
        let found = slow.lookup(&7).await.found();
        found.is_some_and(|found| found.value == 2)
    })
    .await;
    assert_eq!(db.reads(), 2);
}

/// What was lost is a lease: whoever comes after it has the next one.
#[tokio::test]
async fn a_server_that_forgets_all_leases_costs_a_load_and_nothing_else() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let a = leased(&Node::ready(&server.url()).await, MINUTE);
    let node = Node::ready_as(builder(&server.url())).await;
    let b = leased(&node, MINUTE);
    let load = Load::begin(&a, 7, &db).await;
    server.flush_all().await;
    db.set(2);
    assert_eq!(get(&b, 7, &db).await, 2);
    assert_eq!(db.reads(), 2);
    // It began under a journal that is no more.
    assert_eq!(load.finish().await, 1);
    eventually("all have the new value", BOUND, async || {
        get(&a, 7, &db).await == 2 && get(&b, 7, &db).await == 2
    })
    .await;
    assert_eq!(integer(&server, &["EXISTS", &lease()]).await, 0);
}
