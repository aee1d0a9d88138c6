//! Redis is not there when the service starts.

use std::time::Duration;

use cacheflow::clock::Clock;
use cacheflow::{BusHealth, Event};
use cacheflow_testkit::eventually;

use crate::world::{BOUND, Db, Log, Node, Outage, PREFIX, World, event, impatient, redis, within};
use cacheflow_testkit::Reply;

#[tokio::test]
async fn without_a_server_a_flow_starts_and_every_call_runs_its_load() {
    for outage in Outage::ALL {
        let world = World::start().await;
        world.begin(outage);
        let flow = within(impatient(&world.url(outage)).build()).await.unwrap();
        let (node, db) = (Node::on(flow), Db::at(1));
        for call in 1..=20 {
            assert_eq!(node.get(7, &db).await, 1);
            assert_eq!(db.reads(), call, "{outage:?}: memory was trusted unheard");
        }
        let health = node.flow.health();
        assert_eq!(health.bus, Some(BusHealth::Down));
        assert!(!health.memory_is_trusted && !health.is_good());
        // A store that could not tell what was forgotten is not asked, so that
        // nobody waits for it.
        assert_eq!(node.users.stats().store_failures, 0);
    }
}

#[tokio::test]
async fn without_a_server_young_entries_are_served_if_asked_for() {
    let world = World::start().await;
    world.begin(Outage::Killed);
    let clock = Clock::manual();
    let flow = impatient(&world.server.url())
        .serve_young_without_bus(true)
        .max_staleness(Duration::from_secs(2))
        .clock(clock.clone())
        .build();
    let (node, db) = (Node::on(within(flow).await.unwrap()), Db::at(1));
    for _ in 0..5 {
        assert_eq!(node.get(7, &db).await, 1);
    }
    assert_eq!(db.reads(), 1);

    clock.advance(Duration::from_millis(1999));
    node.get(7, &db).await;
    assert_eq!(db.reads(), 1);
    clock.advance(Duration::from_millis(1));
    node.get(7, &db).await;
    assert_eq!(db.reads(), 2, "served beyond max_staleness");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_warned_of_once() {
    let world = World::start().await;
    world.begin(Outage::Killed);
    let (log, _guard) = Log::of_this_thread();
    let flow = impatient(&world.server.url()).build().await.unwrap();
    let (node, db) = (Node::on(flow), Db::at(1));
    eventually("the bus was tried again twice", BOUND, async || {
        node.get(7, &db).await;
        log.text().matches("still away").count() >= 2
    })
    .await;
    assert_eq!(log.levels().get("WARN"), Some(&1), "{}", log.text());
    assert_eq!(log.levels().get("ERROR"), None, "{}", log.text());
}

#[tokio::test]
async fn a_server_that_comes_up_later_is_found_and_used() {
    for outage in Outage::ALL {
        let world = World::start().await;
        world.begin(outage);
        let flow = impatient(&world.url(outage))
            .operation_budget(Duration::from_secs(10))
            .build()
            .await
            .unwrap();
        let mut events = flow.events();
        let (node, db) = (Node::on(flow), Db::at(1));
        node.get(7, &db).await;
        world.end(outage).await;
        event(&mut events, |event| *event == Event::BusUp).await;
        node.is_good().await;

        // What was loaded unheard is not trusted now either.
        assert_eq!(node.peek(7), None);
        node.get(7, &db).await;
        assert_eq!(db.reads(), 2);
        node.get(7, &db).await;
        assert_eq!(db.reads(), 2, "{outage:?}: memory is used");
        let key = format!("{PREFIX}users:7");
        let exists = redis(&world.server, &["EXISTS", &key]).await;
        assert_eq!(exists, Reply::Integer(1), "{outage:?}: Redis is used");
    }
}
