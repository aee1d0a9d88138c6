//! Records that a node was not told of, and numbers that it should not believe.

use std::time::Duration;

use cacheflow::Event;
use cacheflow_redis::RedisBackend;
use cacheflow_testkit::{Recording, RedisServer, eventually};

use crate::world::{
    BOUND, Db, Node, PREFIX, World, builder_on, bytes_of, calls, event, journal, redis as command,
    so_far, two,
};

/// A node whose records are never announced on the channel.
async fn silent(server: &RedisServer) -> Node {
    let backend = RedisBackend::open(&server.url()).unwrap().stream_only();
    Node::ready_as(builder_on(backend)).await
}

async fn skip_a_number(server: &RedisServer) {
    let name = format!("{PREFIX}journal");
    command(server, &["HINCRBY", &name, "n", "1"]).await;
}

/// A record that nobody has announced: the next number tells, and the journal has
/// it.
#[tokio::test]
async fn a_record_that_nobody_announced_is_found_by_the_next_and_made_up_for() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let ((a, b), silent) = (two(&server).await, silent(&server).await);
    for key in [1, 2, 3] {
        assert_eq!((a.get(key, &db).await, b.get(key, &db).await), (1, 1));
    }
    let load = b.begin_load(4, &db).await;
    db.set(2);
    let mut events = [a.flow.events(), b.flow.events()];
    let _ = silent.users.invalidate_many(&[1, 4]).await.unwrap();
    let _ = a.users.invalidate(&2).await.unwrap();
    // Its own answer told what it had missed.
    assert_eq!((a.peek(1), a.peek(2), a.peek(3)), (None, None, Some(1)));
    eventually("the other node has made up for it", BOUND, async || {
        b.peek(1).is_none() && b.peek(2).is_none()
    })
    .await;
    assert_eq!(b.peek(3), Some(1), "which was not missed");
    // Nor is kept what was under way.
    assert_eq!(load.finish().await, 1);
    assert_eq!((b.peek(4), b.get(4, &db).await), (None, 2));
    for events in &mut events {
        assert!(!so_far(events).contains(&Event::Gap));
    }
}

/// A record that nobody has announced, and nothing after it: the heartbeat tells.
#[tokio::test]
async fn a_heartbeat_finds_a_record_that_nobody_announced() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let (node, silent) = (Node::ready(&server.url()).await, silent(&server).await);
    for key in [1, 2] {
        node.get(key, &db).await;
    }
    let mut events = node.flow.events();
    let _ = silent.users.invalidate(&1).await.unwrap();
    event(&mut events, |event| *event == Event::Replayed(1)).await;
    assert_eq!((node.peek(1), node.peek(2)), (None, Some(1)));
}

/// A number that stands for no record at all: nobody can tell what was missed.
#[tokio::test]
async fn a_number_without_a_record_drops_memory() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let (a, b) = two(&server).await;
    for change_after in [true, false] {
        for key in [1, 2] {
            a.get(key, &db).await;
            b.get(key, &db).await;
        }
        let mut events = [a.flow.events(), b.flow.events()];
        skip_a_number(&server).await;
        if change_after {
            let _ = a.users.invalidate(&1).await.unwrap();
            assert_eq!(a.peek(1), None, "its own change it sees at once");
        }
        for (node, events) in [&a, &b].into_iter().zip(&mut events) {
            event(events, |event| *event == Event::Gap).await;
            assert_eq!((node.peek(1), node.peek(2)), (None, None));
            // It stands where the journal stands now: what is loaded is kept.
            node.get(1, &db).await;
            assert_eq!(node.peek(1), Some(1));
        }
    }
}

/// What was under way cannot be judged any more.
#[tokio::test]
async fn a_load_across_a_gap_that_cannot_be_closed_is_kept_nowhere() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let node = Node::ready(&server.url()).await;
    let load = node.begin_load(1, &db).await;
    let mut events = node.flow.events();
    skip_a_number(&server).await;
    event(&mut events, |event| *event == Event::Gap).await;
    load.finish().await;
    assert_eq!(node.peek(1), None);
    let key = format!("{PREFIX}users:1");
    assert_eq!(bytes_of(&server, &key).await, None);
}

/// One message with a number that the journal has not reached would make a node
/// deaf to all records up to it.
#[tokio::test]
async fn a_number_ahead_of_the_journal_does_not_make_a_node_deaf() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let node = Node::ready(&server.url()).await;
    // Who comes later knows nothing of it.
    let late = Node::ready(&server.url()).await;
    let channel = format!("{PREFIX}invalidation");
    for ahead in [1000, 2, 1] {
        for key in [7, 8] {
            node.get(key, &db).await;
        }
        let (inc, number) = journal(&server).await;
        let mut events = node.flow.events();
        let number = number + ahead;
        let message = format!(
            r#"{{"type":"EVICT","keys":["users:8"],"origin":"x","inc":"{inc}","n":{number}}}"#
        );
        command(&server, &["CONFIG", "RESETSTAT"]).await;
        command(&server, &["PUBLISH", &channel, &message]).await;
        if ahead == 1 {
            // It looks like the next record; heartbeats tell that it is none.
            event(&mut events, |event| *event == Event::Gap).await;
        } else {
            eventually("the journal was asked", BOUND, async || {
                calls(&server, "multi").await >= 2
            })
            .await;
        }
        for key in [8, 7] {
            node.get(key, &db).await;
            let _ = late.users.invalidate(&key).await.unwrap();
            eventually("the news are heard", BOUND, async || {
                node.peek(key).is_none()
            })
            .await;
        }
    }
}

/// Somebody publishes what looks like the next record, and the true one of that
/// number comes before two heartbeats have found out.
#[tokio::test]
async fn a_false_record_does_not_hide_the_true_one_of_its_number() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let (node, other) = two(&server).await;
    for key in [7, 8] {
        node.get(key, &db).await;
    }
    let (inc, number) = journal(&server).await;
    let number = number + 1;
    let message =
        format!(r#"{{"type":"EVICT","keys":["users:8"],"origin":"x","inc":"{inc}","n":{number}}}"#);
    let channel = format!("{PREFIX}invalidation");
    command(&server, &["PUBLISH", &channel, &message]).await;
    eventually("it is believed", BOUND, async || node.peek(8).is_none()).await;
    let _ = other.users.invalidate(&7).await.unwrap();
    eventually("the news are heard", BOUND, async || node.peek(7).is_none()).await;
}

/// What is recorded between the two would else be lost.
#[tokio::test]
async fn the_journal_is_asked_after_the_subscription_stands() {
    let world = World::start().await;
    let bus = Recording::new(RedisBackend::open(&world.proxy.url()).unwrap());
    let node = Node::ready_as(builder_on(bus.clone())).await;
    for _ in 0..20 {
        let mut events = node.flow.events();
        world.proxy.cut();
        event(&mut events, |event| *event == Event::BusDown).await;
        command(&world.server, &["CONFIG", "RESETSTAT"]).await;
        let _ = bus.take_news();
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
        skip_a_number(&world.server).await;
        let came_between = begun().await != (true, true);
        event(&mut events, |event| *event == Event::BusUp).await;
        let (_, number) = journal(&world.server).await;
        let told = bus.take_news();
        world.proxy.pass();
        node.is_good().await;
        if came_between {
            let expected = format!("subscribed {number}");
            assert!(
                told.iter().any(|call| *call == expected.as_str()),
                "{told:?}"
            );
            return;
        }
    }
    panic!("the machine is too slow to come between");
}
