//! The bus: what a node hears, and when.

use std::sync::Arc;

use cacheflow::event::{Change, Record};

use super::ear::{Listening, Told};
use super::nodes::{Nodes, cache, key, later, position, put};

pub(super) async fn the_subscription_comes_first_with_the_position(nodes: &Nodes) {
    let here = nodes.position().await;
    let listening = Listening::subscribed(nodes.bus("one"), "one").await;
    assert_eq!(listening.told()[0], Told::Subscribed(here));
    let next = nodes.position().await;
    listening.until_heard(next).await;
    let subscribed = |told: &&Told| matches!(told, Told::Subscribed(_));
    assert_eq!(listening.told().iter().filter(subscribed).count(), 1);
}

pub(super) async fn every_record_is_heard_in_order_with_its_origin(nodes: &Nodes) {
    let listening = Listening::subscribed(nodes.bus("one"), "one").await;
    let start = listening.position();
    let (user, other) = (key("users:1"), key("users:*\u{fc}\"\\ \r\n"));
    let keys = [user.clone(), other.clone()];
    nodes.two.forget(&keys, None).await.expect("a forgetting");
    nodes
        .one
        .forget(&[other], None)
        .await
        .expect("a forgetting");
    put(&*nodes.two, &user, later(start, 2))
        .await
        .expect("a put");
    // Not kept, because of the one before, and a record all the same.
    put(&*nodes.one, &user, later(start, 2))
        .await
        .expect("a put");
    nodes
        .two
        .clear(&cache("users"), None)
        .await
        .expect("a clear");
    listening.until_heard(later(start, 5)).await;

    let expected = [
        (Change::Forgotten(keys.to_vec()), "two"),
        (Change::Forgotten(keys[1..].to_vec()), "one"),
        (Change::Put(user.clone()), "two"),
        (Change::Put(user), "one"),
        (Change::Cleared(cache("users")), "two"),
    ];
    let expected: Vec<_> = (1..)
        .zip(expected)
        .map(|(number, (change, origin))| {
            let position = later(start, number);
            (Record { position, change }, origin.to_owned())
        })
        .collect();
    assert_eq!(listening.heard(), expected);
}

pub(super) async fn nothing_is_lost_while_subscribing(nodes: &Nodes) {
    for _ in 0..10 {
        let two = Arc::clone(&nodes.two);
        let writing = tokio::spawn(async move {
            let mut last = position(&*two).await;
            for _ in 0..30 {
                last = position(&*two).await;
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
            let made = position(&*nodes.two).await;
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
            Told::Subscribed(_) => {}
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
    nodes.two.sweep(&cache("users"), 0).await.expect("a sweep");
    nodes.two.ping().await.expect("an answer");
    let next = nodes.position().await;
    assert_eq!(next, later(here, 1));
    listening.until_heard(next).await;
    assert_eq!(listening.heard().len(), 1);
}

pub(super) async fn namespaces_hear_nothing_of_one_another(nodes: &Nodes) {
    let neighbour = nodes.neighbour();
    let there = nodes.store_in(&neighbour);
    let listening = Listening::subscribed(nodes.bus_in(&neighbour), "one").await;
    for _ in 0..5 {
        nodes.position().await;
    }
    let own = position(&*there).await;
    listening.until_heard(own).await;
    assert_eq!(listening.heard().len(), 1);
}

pub(super) async fn a_bus_can_be_listened_to_again(nodes: &Nodes) {
    let bus = nodes.bus("one");
    let first = Listening::subscribed(Arc::clone(&bus), "one").await;
    drop(first);
    let here = nodes.position().await;
    let second = Listening::subscribed(bus, "one").await;
    assert_eq!(second.position(), here);
    let next = nodes.position().await;
    second.until_heard(next).await;
    assert_eq!(second.heard().len(), 1);
}
