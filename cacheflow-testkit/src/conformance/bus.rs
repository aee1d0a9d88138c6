//! The bus: what a node hears, and when.

use std::sync::Arc;
use std::time::Instant;

use cacheflow::bus::HEARTBEAT;
use cacheflow::event::{Change, Forgotten, Snapshot};
use cacheflow::key::{FullKey, Marks};

use super::ear::{Listening, Told};
use super::nodes::{Nodes, next, put};
use super::samples::{WITHIN, by_cache, key, later, made_of, tagged};
use super::since::one_of_each;
use crate::eventually;

pub(super) async fn the_subscription_comes_first_with_a_snapshot(nodes: &Nodes) {
    nodes.next().await;
    let here = nodes.snapshot().await;
    let listening = Listening::subscribed(nodes.bus("one"), "one").await;
    assert_eq!(listening.told()[0], Told::Subscribed(here));
    let next = nodes.next().await;
    listening.until_heard(next).await;
    let subscribed = |told: &&Told| matches!(told, Told::Subscribed(_));
    assert_eq!(listening.told().iter().filter(subscribed).count(), 1);
}

pub(super) async fn every_record_is_heard_in_order_with_its_origin(nodes: &Nodes) {
    let listening = Listening::subscribed(nodes.bus("one"), "one").await;
    let start = listening.position();
    let (user, other) = (key("users:1"), key("users:*\u{fc}\"\\ \r\n"));
    let one = async |change| nodes.one.record(&change, None).await.expect("a record");
    let forget = |keys: &[&FullKey]| {
        let keys: Vec<_> = keys.iter().copied().cloned().collect();
        Change::Forgotten(Forgotten::keys(keys))
    };
    let made = [
        (nodes.record(&forget(&[&user, &other])).await, "two"),
        (one(forget(&[&other])).await, "one"),
        (
            put(&*nodes.two, &user, Marks::NONE, later(start, 2))
                .await
                .expect("a put"),
            "two",
        ),
        // Not kept, because of the one before, and a record all the same.
        (nodes.put(&user, later(start, 2)).await, "one"),
        (nodes.forget(by_cache("users")).await, "two"),
    ];
    listening.until_heard(later(start, 5)).await;
    let made = made.map(|(recorded, origin)| (recorded.record, origin.to_owned()));
    assert_eq!(listening.heard(), made);
}

pub(super) async fn every_kind_of_record_is_heard_as_it_was_made(nodes: &Nodes) {
    let listening = Listening::subscribed(nodes.bus("one"), "one").await;
    nodes.keep("b:1", &made_of(&["users:1"])).await;
    nodes.keep("c:1", &tagged(&["org:7"])).await;
    let made = one_of_each(nodes).await;
    let last = made.last().expect("records").position;
    listening.until_heard(last).await;
    let heard = listening.heard().into_iter();
    let (records, origins): (Vec<_>, Vec<_>) = heard.unzip();
    assert_eq!(records, made);
    assert!(records.iter().any(|record| record.open), "none is open");
    // The put was node one's.
    assert!(origins.iter().filter(|origin| *origin == "one").count() == 1);
}

pub(super) async fn the_snapshot_has_what_is_open(nodes: &Nodes) {
    nodes.keep("c:1", &tagged(&["org:7"])).await;
    one_of_each(nodes).await;
    let snapshot = nodes.snapshot().await;
    assert!(!snapshot.open.is_empty());
    let listening = Listening::subscribed(nodes.bus("one"), "one").await;
    assert_eq!(in_order(listening.snapshot()), in_order(snapshot));
}

fn in_order(mut snapshot: Snapshot) -> Snapshot {
    snapshot.open.sort_by_key(|record| record.position.number);
    snapshot
}

/// Without being asked: what was told last is known to who asks first.
pub(super) async fn heartbeats_tell_where_a_node_stands(nodes: &Nodes) {
    let alive = |told: &Told| matches!(told, Told::Alive(..));
    let (one, two) = (
        Listening::subscribed(nodes.bus("one"), "one").await,
        Listening::subscribed(nodes.bus("two"), "two").await,
    );
    let here = nodes.next().await;
    for listening in [&one, &two] {
        listening.until_heard(here).await;
        let beats = listening.told().iter().filter(|told| alive(told)).count();
        listening.until(beats + 2, "two heartbeats", alive).await;
    }
    let told = nodes.two.nodes().await.expect("nodes");
    let mut origins: Vec<_> = told.iter().map(|node| node.origin.as_str()).collect();
    origins.sort_unstable();
    assert_eq!(origins, ["one", "two"]);
    for node in &told {
        assert_eq!(node.position, here, "{node:?}");
        assert!(node.age < WITHIN, "{node:?}");
    }
}

/// Not only with the next heartbeat: so many rounds would take as many of them.
pub(super) async fn a_node_that_is_asked_tells_where_it_stands(nodes: &Nodes) {
    const ROUNDS: u32 = 8;
    let listening = Listening::subscribed(nodes.bus("one"), "one").await;
    eventually("asked, it answers before a heartbeat", WITHIN, async || {
        let started = Instant::now();
        for _ in 0..ROUNDS {
            let here = nodes.next().await;
            listening.until_heard(here).await;
            eventually("it has told", WITHIN, async || {
                let told = nodes.one.nodes().await.expect("nodes");
                told.iter().any(|node| node.position == here)
            })
            .await;
        }
        started.elapsed() < HEARTBEAT * (ROUNDS / 2)
    })
    .await;
}

pub(super) async fn nothing_is_lost_while_subscribing(nodes: &Nodes) {
    for _ in 0..10 {
        let two = Arc::clone(&nodes.two);
        let writing = tokio::spawn(async move {
            let mut last = next(&*two).await;
            for _ in 0..30 {
                last = next(&*two).await;
                tokio::task::yield_now().await;
            }
            last
        });
        let listening = Listening::subscribed(nodes.bus("one"), "one").await;
        let last = writing.await.expect("no panic");
        let here = listening.position();
        assert_eq!(here.incarnation, last.incarnation);
        // What came before the position may be told as well.
        if here.number < last.number {
            listening.until_heard(last).await;
        }
        let after = listening
            .heard()
            .into_iter()
            .map(|(r, _)| r.position.number);
        let after: Vec<_> = after.filter(|n| *n > here.number).collect();
        let all: Vec<_> = (here.number + 1..=last.number).collect();
        assert_eq!(after, all, "records were lost, or came out of order");
    }
}

pub(super) async fn heartbeats_prove_what_was_told(nodes: &Nodes) {
    let listening = Listening::subscribed(nodes.bus("one"), "one").await;
    let mut recorded = Vec::new();
    for beats in 1..=4 {
        for _ in 0..10 {
            let made = next(&*nodes.two).await;
            recorded.push((made.number, listening.clock().now()));
        }
        listening
            .until(beats, "a heartbeat", |told| matches!(told, Told::Alive(..)))
            .await;
    }

    let mut told_up_to = listening.position().number;
    for told in listening.told() {
        match told {
            Told::Heard(record, _) => told_up_to = record.position.number,
            Told::Alive(position, asked) => {
                let proven = position.number;
                assert!(
                    proven <= told_up_to,
                    "{proven} was proven when only {told_up_to} had been told"
                );
                for (number, made) in &recorded {
                    assert!(
                        *made > asked || *number <= proven,
                        "record {number} was made before the question, and the answer was {proven}"
                    );
                }
            }
            Told::Subscribed(_) | Told::Released(_) => {}
            Told::Strange(what) => panic!("told {what}"),
        }
    }
}

pub(super) async fn what_is_no_change_is_not_announced(nodes: &Nodes) {
    let listening = Listening::subscribed(nodes.bus("one"), "one").await;
    let (user, here) = (key("users:1"), listening.position());
    nodes.fill(&user, "Ada", here).await;
    let stored = nodes.two.get(&user).await.expect("a get").expect("a value");
    nodes
        .two
        .discard(&user, &stored.bytes)
        .await
        .expect("a discard");
    nodes.relations(&user).await;
    nodes.two.ping().await.expect("an answer");
    let next = nodes.next().await;
    assert_eq!(next, later(here, 1));
    listening.until_heard(next).await;
    assert_eq!(listening.heard().len(), 1);
}

pub(super) async fn namespaces_hear_nothing_of_one_another(nodes: &Nodes) {
    let neighbour = nodes.neighbour();
    let there = nodes.store_in(&neighbour);
    let listening = Listening::subscribed(nodes.bus_in(&neighbour), "one").await;
    nodes.pass(5).await;
    let own = next(&*there).await;
    listening.until_heard(own).await;
    assert_eq!(listening.heard().len(), 1);
}

pub(super) async fn a_bus_can_be_listened_to_again(nodes: &Nodes) {
    let bus = nodes.bus("one");
    let first = Listening::subscribed(Arc::clone(&bus), "one").await;
    drop(first);
    let here = nodes.next().await;
    let second = Listening::subscribed(bus, "one").await;
    assert_eq!(second.position(), here);
    let next = nodes.next().await;
    second.until_heard(next).await;
    assert_eq!(second.heard().len(), 1);
}
