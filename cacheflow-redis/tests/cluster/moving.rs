//! Slots that move, and servers that take another's place.

use std::time::Duration;

use cacheflow::ErrorKind;
use cacheflow::event::Change;
use cacheflow::store::{Filled, Since};
use cacheflow_testkit::eventually;

use crate::world::{World, journal, key, keys, marks, name, none, read, tags};

#[tokio::test]
async fn a_moving_slot_is_followed() {
    let world = World::start().await;
    let tagged = marks(&["t"], &[]);
    world.fill("a:1", &tagged).await;
    let at = world.position().await;
    let slot = world.cluster.slot_of(name("a:1")).await;
    let from = world.cluster.owner_of_slot(slot).await;
    let to = (from + 1) % 3;

    // Half moved: who is asked refers to the other for what it does not have.
    world.cluster.start_moving_slot(slot, to).await;
    assert!(world.has("a:1").await);
    assert_eq!(world.forget(keys(["a:1"])).await, 1);
    world.fill("a:1", &tagged).await;
    assert!(world.has("a:1").await);
    world
        .cluster
        .node(to)
        .command(&["SCRIPT", "FLUSH"])
        .await
        .unwrap();
    world.fill("a:1", &tagged).await;
    // Nobody can say which keys a sweep has seen.
    let record = world
        .record(Change::Forgotten(crate::world::cache("none")))
        .await;
    let mut cursor = String::new();
    let fault = loop {
        match world.store.reclaim(&record, &cursor).await {
            Ok(part) => cursor = part.next.expect("an end is not reached"),
            Err(error) => break error,
        }
    };
    assert_eq!(fault.kind(), ErrorKind::Unavailable, "{fault}");

    // Moved back to where the key is not any more, and on.
    world.cluster.move_slot(slot, to).await;
    assert!(world.has("a:1").await);
    assert_eq!(world.reclaim(&record).await.0, 0);
    let moved = world.position().await;
    assert_eq!(moved.incarnation, at.incarnation);
    assert_eq!(world.forget(tags(["t"])).await, 1);
    world.fill("a:1", &tagged).await;

    an_index_moves_between_two_steps(&world).await;
    the_journals_slot_moves(&world).await;
}

/// A place in an index means nothing to another server.
async fn an_index_moves_between_two_steps(world: &World) {
    let tagged = marks(&["large"], &[]);
    for number in 0..600 {
        world.fill(&format!("l:{number}"), &tagged).await;
    }
    let record = world.record(Change::Forgotten(tags(["large"]))).await;
    let first = world.store.reclaim(&record, "").await.unwrap();
    let mut cursor = first.next.unwrap();
    let slot = world.cluster.slot_of(name("tag:large")).await;
    let from = world.cluster.owner_of_slot(slot).await;
    world.cluster.move_slot(slot, (from + 1) % 3).await;
    let mut removed = first.removed;
    loop {
        let part = world.store.reclaim(&record, &cursor).await.unwrap();
        removed += part.removed;
        match part.next {
            Some(next) => cursor = next,
            None => break,
        }
    }
    assert_eq!(removed, 600);
}

async fn the_journals_slot_moves(world: &World) {
    world.fill("b:1", &none()).await;
    let before = world.position().await;
    let slot = world.cluster.slot_of(journal()).await;
    let from = world.cluster.owner_of_slot(slot).await;
    world.cluster.move_slot(slot, (from + 1) % 3).await;
    // The first call hears that it is gone, the next ones find it.
    eventually(
        "the journal is found",
        Duration::from_secs(10),
        async || world.store.since(Some(before)).await.is_ok(),
    )
    .await;
    let Since::Anew(snapshot) = world.store.since(Some(before)).await.unwrap() else {
        panic!("another server cannot know that it has all records")
    };
    assert_eq!(snapshot.lineage.first(), Some(&before));
    assert_eq!(world.fill_at("c:1", &none(), before).await, Filled::Refused);
    // What was kept before is still believed.
    let stored = world.get("b:1").await.unwrap();
    assert_eq!(stored.incarnation, snapshot.position.incarnation);
    let written = read("b:1", &stored.bytes).unwrap();
    assert_eq!(written.incarnation, before.incarnation);
    world.fill("c:1", &none()).await;
}

#[tokio::test]
async fn when_a_server_of_values_is_replaced_what_was_kept_is_a_miss() {
    let world = World::with_replicas().await;
    let owner = world.cluster.owner_of(journal()).await;
    let failing = (owner + 1) % 3;
    let texts: Vec<_> = (0..40).map(|number| format!("a:{number}")).collect();
    for text in &texts {
        world.fill(text, &marks(&["t"], &[])).await;
    }
    let other = world.another("other");
    for text in &texts {
        assert!(other.get(&key(text)).await.unwrap().is_some());
    }
    let before = world.position().await;
    world.cluster.until_in_sync(failing).await;
    world.cluster.fail_over(failing).await;

    // Whoever meets the new server first tells the journal.
    for text in &texts {
        eventually("it answers", Duration::from_secs(10), async || {
            world.store.get(&key(text)).await.is_ok()
        })
        .await;
    }
    let after = world.snapshot().await;
    assert_ne!(after.position.incarnation, before.incarnation);
    assert!(after.position.number > before.number);
    // What its indexes have lost, nobody can repeat.
    assert_eq!(after.lineage, []);
    // The other hears it from the bus, and asks.
    other.since(Some(before)).await.unwrap();
    for text in &texts {
        for store in [&world.store, &other] {
            let Ok(Some(stored)) = store.get(&key(text)).await else {
                continue;
            };
            let written = read(text, &stored.bytes).unwrap();
            assert_ne!(written.incarnation, stored.incarnation, "{text}");
        }
    }
    assert_eq!(world.fill_at("b:1", &none(), before).await, Filled::Refused);
    for text in &texts {
        world.fill(text, &marks(&["t"], &[])).await;
    }
    // Once is enough.
    assert_eq!(world.position().await, after.position);
    assert_eq!(world.forget(tags(["t"])).await, 40);
}

#[tokio::test]
async fn the_journals_server_is_replaced() {
    let world = World::with_replicas().await;
    world.fill("a:1", &none()).await;
    let before = world.position().await;
    let record = world.record(Change::Forgotten(keys(["a:1"]))).await;
    let owner = world.cluster.owner_of(journal()).await;
    world.cluster.until_in_sync(owner).await;
    world.cluster.fail_over(owner).await;
    eventually(
        "the journal is found",
        Duration::from_secs(10),
        async || world.store.since(Some(before)).await.is_ok(),
    )
    .await;
    let snapshot = world.snapshot().await;
    assert_ne!(snapshot.position.incarnation, before.incarnation);
    assert_eq!(snapshot.open, [record]);
    world.fill("b:1", &none()).await;
    assert!(world.has("b:1").await);
}

/// A server that starts again without its keys has lost the members of its
/// indexes. Their values lie elsewhere: no later record would find them.
#[tokio::test]
async fn when_a_server_of_indexes_starts_again_nothing_is_left_that_no_record_finds() {
    let world = World::start().await;
    let owner = world.cluster.owner_of(journal()).await;
    let mut number = 0;
    let (tag, indexed) = loop {
        let tag = format!("t{number}");
        let indexed = world.cluster.owner_of(name(&format!("tag:{tag}"))).await;
        if indexed != owner {
            break (tag, indexed);
        }
        number += 1;
    };
    let mut texts = Vec::new();
    for number in 0..20 {
        let text = format!("a:{number}");
        if world.cluster.owner_of(name(&text)).await != indexed {
            world.fill(&text, &marks(&[&tag], &[])).await;
            texts.push(text);
        }
    }
    world.cluster.node(indexed).kill();
    world.cluster.rejoin(indexed).await;
    world.forget(tags([&tag])).await;
    for text in &texts {
        let Some(stored) = world.get(text).await else {
            continue;
        };
        let written = read(text, &stored.bytes).unwrap();
        assert_ne!(written.incarnation, stored.incarnation, "{text}");
    }
    assert_eq!(world.snapshot().await.lineage, []);
}

/// One that is dead or hangs takes nothing from the others.
#[tokio::test]
async fn the_other_servers_go_on() {
    let world = World::start().await;
    let owner = world.cluster.owner_of(journal()).await;
    let hanging = (owner + 1) % 3;
    let (mut lost, mut kept) = (Vec::new(), Vec::new());
    for number in 0..40 {
        let text = format!("a:{number}");
        world.fill(&text, &none()).await;
        match world.cluster.owner_of(name(&text)).await == hanging {
            true => lost.push(text),
            false => kept.push(text),
        }
    }
    world.cluster.node(hanging).pause();
    let patience = Duration::from_millis(200);
    for text in &lost {
        let key = key(text);
        let get = world.store.get(&key);
        assert!(!matches!(
            tokio::time::timeout(patience, get).await,
            Ok(Ok(_))
        ));
    }
    for text in &kept {
        let key = key(text);
        let get = tokio::time::timeout(patience, world.store.get(&key)).await;
        assert!(get.unwrap().unwrap().is_some(), "{text}");
    }
    world.store.ping().await.unwrap();
    world.cluster.node(hanging).resume();
    world.cluster.until_agreed().await;
    for text in &lost {
        assert!(world.has(text).await, "{text}");
    }
}
