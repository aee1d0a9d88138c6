//! Records that a node was not told of, and numbers that it should not believe.

use std::time::Duration;

use cacheflow::Event;
use cacheflow_testkit::{RedisServer, eventually};

use crate::world::{
    BOUND, Db, Node, PREFIX, World, calls, event, journal, redis as command, so_far, two,
};

/// A record that nobody has announced: the next number tells.
#[tokio::test]
async fn a_number_that_was_left_out_drops_memory() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let (a, b) = two(&server).await;
    for key in [1, 2] {
        assert_eq!((a.get(key, &db).await, b.get(key, &db).await), (1, 1));
    }
    let name = format!("{PREFIX}journal");
    command(&server, &["HINCRBY", &name, "n", "1"]).await;
    let _ = a.users.invalidate(&1).await.unwrap();
    assert_eq!(
        a.peek(2),
        None,
        "its own answer tells that something is missing"
    );
    eventually("the other node drops all", BOUND, async || {
        b.peek(2).is_none()
    })
    .await;
}

/// A record that nobody has announced, and nothing after it: the heartbeat tells.
#[tokio::test]
async fn a_heartbeat_finds_a_record_whose_message_was_lost() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let node = Node::ready(&server.url()).await;
    node.get(1, &db).await;
    let mut events = node.flow.events();
    let name = format!("{PREFIX}journal");
    command(&server, &["HINCRBY", &name, "n", "1"]).await;
    eventually("the node drops all", BOUND, async || node.peek(1).is_none()).await;
    assert!(so_far(&mut events).contains(&Event::Gap));
    // It stands where the journal stands now: what is loaded is kept.
    node.get(1, &db).await;
    assert_eq!(node.peek(1), Some(1));
}

/// One message with a number that the journal has not reached would make a node
/// deaf to all records up to it.
#[tokio::test]
async fn a_number_ahead_of_the_journal_does_not_make_a_node_deaf() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let node = Node::ready(&server.url()).await;
    let (inc, _) = journal(&server).await;
    let mut events = node.flow.events();
    let message = format!(r#"{{"type":"EVICT","keys":[],"origin":"x","inc":"{inc}","n":1000}}"#);
    let channel = format!("{PREFIX}invalidation");
    command(&server, &["PUBLISH", &channel, &message]).await;
    event(&mut events, |event| *event == Event::Gap).await;
    // Who comes later knows nothing of it.
    let late = Node::ready(&server.url()).await;
    late.get(7, &db).await;
    node.get(7, &db).await;
    let _ = late.users.invalidate(&7).await.unwrap();
    eventually("the news are heard", BOUND, async || node.peek(7).is_none()).await;
}

/// What is recorded between the two would else be lost.
#[tokio::test]
async fn the_journal_is_asked_after_the_subscription_stands() {
    let (world, db) = (World::start().await, Db::at(1));
    let node = Node::ready(&world.proxy.url()).await;
    let name = format!("{PREFIX}journal");
    for _ in 0..20 {
        node.get(7, &db).await;
        let mut events = node.flow.events();
        world.proxy.cut();
        event(&mut events, |event| *event == Event::BusDown).await;
        command(&world.server, &["CONFIG", "RESETSTAT"]).await;
        // Apart enough to come between.
        world.proxy.delay(Duration::from_millis(100));
        let begun = async || {
            let subscribed = calls(&world.server, "subscribe").await > 0;
            (subscribed, calls(&world.server, "evalsha").await > 0)
        };
        eventually("it has subscribed, or asked", BOUND, async || {
            begun().await != (false, false)
        })
        .await;
        command(&world.server, &["HINCRBY", &name, "n", "1"]).await;
        let came_between = begun().await != (true, true);
        event(&mut events, |event| *event == Event::BusUp).await;
        let dropped = node.peek(7).is_none();
        world.proxy.pass();
        node.is_good().await;
        if came_between {
            assert!(dropped, "the subscription was believed to be complete");
            return;
        }
    }
    panic!("the machine is too slow to come between");
}
