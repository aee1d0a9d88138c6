//! Redis goes away while the service runs.

use std::time::Duration;

use cacheflow::clock::Clock;
use cacheflow::{Applied, BusHealth, Event, FlowBuilder, StoreHealth};
use cacheflow_testkit::eventually;

use crate::world::{
    BOUND, Db, Node, Outage, PREFIX, Split, World, builder, builder_on, bytes_of, event, impatient,
    so_far, within,
};

const STALENESS: Duration = Duration::from_secs(2);

fn by(clock: &Clock, builder: FlowBuilder) -> FlowBuilder {
    builder.max_staleness(STALENESS).clock(clock.clone())
}

#[tokio::test]
async fn memory_is_served_within_the_gate_and_not_beyond() {
    for outage in Outage::ALL {
        let (world, clock, db) = (World::start().await, Clock::manual(), Db::at(1));
        let node = Node::ready_as(by(&clock, impatient(&world.url(outage)))).await;
        node.get(7, &db).await;
        world.begin(outage);
        clock.advance(STALENESS - Duration::from_millis(1));
        node.get(7, &db).await;
        assert_eq!(db.reads(), 1, "{outage:?}: memory was not served");

        // From here on there can be no new proof of life.
        clock.advance(Duration::from_millis(1));
        assert!(!node.flow.health().memory_is_trusted);
        for call in 2..=10 {
            node.get(7, &db).await;
            assert_eq!(db.reads(), call, "{outage:?}: served without news");
        }
    }
}

/// The budget bounds what a call waits, and the breaker how many calls wait.
#[tokio::test]
async fn only_the_first_calls_wait_for_a_server_that_is_away() {
    for outage in Outage::ALL {
        let (world, db) = (World::start().await, Db::at(1));
        let node = Node::without_memory(impatient(&world.url(outage))).await;
        node.finds(7, &world.server, &db).await;
        let before = (db.reads(), node.users.stats().store_failures);
        let mut events = node.flow.events();
        world.begin(outage);
        for call in 1..=50 {
            assert_eq!(node.get(7, &db).await, 1);
            assert_eq!(db.reads(), before.0 + call);
        }
        let failures = node.users.stats().store_failures;
        assert_eq!(failures - before.1, 3, "{outage:?}: as many asked in vain");
        let down = so_far(&mut events);
        let down = down.iter().filter(|event| **event == Event::StoreDown);
        assert_eq!(down.count(), 1, "{outage:?}");
        assert_eq!(node.flow.health().store, Some(StoreHealth::Down));

        world.end(outage).await;
        event(&mut events, |event| *event == Event::StoreUp).await;
        node.is_good().await;
        node.finds(7, &world.server, &db).await;
    }
}

/// A connection that broke is replaced by the next call, not by a breaker.
#[tokio::test]
async fn a_server_that_was_restarted_costs_one_call() {
    let (world, db) = (World::start().await, Db::at(1));
    let node = Node::without_memory(builder(&world.server.url())).await;
    for round in 1..=3 {
        node.get(7, &db).await;
        let mut events = node.flow.events();
        world.server.restart().await;
        for _ in 0..20 {
            node.get(7, &db).await;
        }
        let failures = node.users.stats().store_failures;
        assert!(failures <= round, "{failures} calls failed");
        assert!(!so_far(&mut events).contains(&Event::StoreDown));
        node.is_good().await;
    }
}

#[tokio::test]
async fn while_the_breaker_is_open_no_caller_is_the_probe() {
    let (world, db) = (World::start().await, Db::at(1));
    let node = Node::without_memory(impatient(&world.proxy.url())).await;
    let mut events = node.flow.events();
    world.begin(Outage::BlackHole);
    for key in 0..3 {
        node.get(key, &db).await;
    }
    event(&mut events, |event| *event == Event::StoreDown).await;
    for key in 0..500 {
        assert_eq!(node.get(key, &db).await, 1);
        // The bus has one, the recovery one; each may be giving one up.
        assert!(world.proxy.connections() <= 6);
    }
    assert_eq!(node.users.stats().store_failures, 3);
}

#[tokio::test]
async fn an_invalidation_waits_for_the_server_and_reaches_the_other_nodes() {
    for outage in [Outage::Paused, Outage::BlackHole] {
        let (world, db) = (World::start().await, Db::at(1));
        let a = Node::ready_as(impatient(&world.url(outage))).await;
        let b = Node::ready(&world.server.url()).await;
        a.finds(7, &world.server, &db).await;
        assert_eq!((a.get(7, &db).await, b.get(7, &db).await), (1, 1));

        world.begin(outage);
        db.set(2);
        assert_eq!(a.users.invalidate(&7).await.unwrap(), Applied::Local);
        assert_eq!(a.flow.health().waiting_invalidations, 1);
        assert_eq!(a.peek(7), None, "this node has applied it");
        assert_eq!(a.get(7, &db).await, 2, "this node reads its write");
        assert_ne!(a.flow.health().store, Some(StoreHealth::Up));

        world.end(outage).await;
        a.is_good().await;
        assert_eq!(a.flow.health().waiting_invalidations, 0);
        eventually("the other node has heard", BOUND, async || {
            b.peek(7).is_none()
        })
        .await;
        assert_eq!((a.get(7, &db).await, b.get(7, &db).await), (2, 2));
    }
}

#[tokio::test]
async fn a_put_while_the_server_is_away_is_read_here_and_forgets_what_redis_holds() {
    for outage in [Outage::Paused, Outage::BlackHole] {
        let (world, db) = (World::start().await, Db::at(1));
        let a = Node::ready_as(impatient(&world.url(outage))).await;
        let b = Node::ready(&world.server.url()).await;
        a.finds(7, &world.server, &db).await;
        assert_eq!((a.get(7, &db).await, b.get(7, &db).await), (1, 1));
        world.begin(outage);
        db.set(2);
        assert_eq!(a.users.put(&7, 2).await.unwrap(), Applied::Local);
        assert_eq!(a.peek(7), Some(2));
        world.end(outage).await;
        a.is_good().await;
        eventually("the other node has heard", BOUND, async || {
            b.peek(7).is_none()
        })
        .await;
        assert_eq!((b.get(7, &db).await, a.get(7, &db).await), (2, 2));
    }
}

#[tokio::test]
async fn a_clear_waits_for_the_server_as_well() {
    let (world, db) = (World::start().await, Db::at(1));
    let a = Node::ready_as(impatient(&world.proxy.url())).await;
    let b = Node::ready(&world.server.url()).await;
    for key in 0..5 {
        assert_eq!((a.get(key, &db).await, b.get(key, &db).await), (1, 1));
    }
    world.begin(Outage::BlackHole);
    db.set(2);
    assert_eq!(a.users.clear().await.unwrap(), Applied::Local);
    assert_eq!(a.get(0, &db).await, 2);
    world.end(Outage::BlackHole).await;
    a.is_good().await;
    eventually("nothing old is left", BOUND, async || {
        (0..5).all(|key| b.peek(key).is_none())
    })
    .await;
    for key in 0..5 {
        assert_eq!((b.get(key, &db).await, a.get(key, &db).await), (2, 2));
    }
}

/// Nothing is wrong with the store: only the news do not arrive, and nothing
/// tells so.
#[tokio::test]
async fn a_bus_that_is_silently_dead_closes_the_gate_and_the_store_is_used_on() {
    let (world, clock, db) = (World::start().await, Clock::manual(), Db::at(1));
    let split = Split::new(&world.server.url(), &world.proxy.url());
    let b = Node::ready_as(by(&clock, builder_on(split))).await;
    let a = Node::ready(&world.server.url()).await;
    assert_eq!((a.get(7, &db).await, b.get(7, &db).await), (1, 1));

    world.proxy.black_hole();
    db.set(2);
    assert_eq!(a.users.invalidate(&7).await.unwrap(), Applied::Recorded);
    // Within the bound it may be old, beyond it may not.
    assert_eq!(b.get(7, &db).await, 1);
    clock.advance(STALENESS);
    assert_eq!(b.get(7, &db).await, 2);
    assert_eq!(db.reads(), 2);
    // It cannot tell its load from an older one; of another key it can.
    assert_eq!(b.users.stats().fills_refused, 1);
    b.get(8, &db).await;
    let stored = bytes_of(&world.server, &format!("{PREFIX}users:8")).await;
    assert!(stored.is_some(), "the load was kept in Redis");
    b.get(8, &db).await;
    assert_eq!(db.reads(), 3, "Redis was asked");

    let mut events = b.flow.events();
    world.proxy.forget_connections();
    event(&mut events, |event| *event == Event::BusUp).await;
    b.is_good().await;
    assert_eq!((b.get(7, &db).await, b.peek(7)), (2, Some(2)));
}

/// A node whose bus is away stands in an old journal. What others write under
/// the new one it cannot read, and must not remove.
#[tokio::test]
async fn a_node_behind_the_others_does_not_remove_what_they_keep() {
    let (world, db) = (World::start().await, Db::at(1));
    let a = Node::ready(&world.server.url()).await;
    let split = Split::new(&world.server.url(), &world.proxy.url());
    let deaf = Node::without_memory(builder_on(split)).await;
    world.proxy.black_hole();
    let mut events = a.flow.events();
    world.server.flush_all().await;
    event(&mut events, |event| *event == Event::Gap).await;
    a.get(7, &db).await;
    let key = format!("{PREFIX}users:7");
    let kept = bytes_of(&world.server, &key).await;
    assert!(kept.is_some());
    deaf.get(7, &db).await;
    assert_eq!(bytes_of(&world.server, &key).await, kept);
    assert_eq!(deaf.users.stats().unreadable, 1);
}

#[tokio::test]
async fn the_bus_is_down_in_health_and_up_again_with_an_event_each() {
    for outage in Outage::ALL {
        let world = World::start().await;
        let node = Node::ready_as(impatient(&world.url(outage))).await;
        let mut events = node.flow.events();
        world.begin(outage);
        event(&mut events, |event| *event == Event::BusDown).await;
        assert_eq!(node.flow.health().bus, Some(BusHealth::Down));
        assert!(!node.flow.health().is_good());
        world.end(outage).await;
        event(&mut events, |event| *event == Event::BusUp).await;
        within(node.is_good()).await;
    }
}
