//! Forgetting by key, dependency and tag.

use std::time::Duration;

use cacheflow::event::{Change, Forgotten};
use cacheflow::store::{Filled, Since};

use crate::world::{World, key, keys, marks, name, none, tags};

#[tokio::test]
async fn keys_and_what_was_made_of_them_are_forgotten() {
    let world = World::start().await;
    world.fill("a:1", &none()).await;
    world.fill("b:1", &marks(&[], &["a:1"])).await;
    // Its marks name all that it was made of, however far away.
    world.fill("c:1", &marks(&[], &["b:1", "a:1"])).await;
    world.fill("d:1", &none()).await;
    let record = world.record(Change::Forgotten(keys(["a:1"]))).await;
    assert!(record.open);
    // Nothing is gone before the reclaim: readers have the record.
    assert!(world.has("a:1").await && world.has("c:1").await);
    let (removed, dependents) = world.reclaim(&record).await;
    assert_eq!(removed, 3);
    // More may depend on it than its value said.
    assert_eq!(dependents, [key("b:1")]);
    for gone in ["a:1", "b:1", "c:1"] {
        assert_eq!(world.get(gone).await, None, "{gone}");
    }
    assert!(world.has("d:1").await);
    // Again: no harm, and nothing left.
    assert_eq!(world.reclaim(&record).await, (0, Vec::new()));
    world.record(Change::Done(record.position.number)).await;
    assert_eq!(world.snapshot().await.open, []);
    many_keys_are_forgotten_in_parts(&world).await;
    a_hold_refuses_until_it_is_done(&world).await;
}

async fn many_keys_are_forgotten_in_parts(world: &World) {
    let all: Vec<_> = (0..450).map(|number| format!("many:{number}")).collect();
    for text in &all {
        world.fill(text, &none()).await;
    }
    let forgotten = Forgotten::keys(all.iter().map(|text| key(text)).collect::<Vec<_>>());
    let record = world.record(Change::Forgotten(forgotten)).await;
    let first = world.store.reclaim(&record, "").await.unwrap();
    assert!(first.removed <= 200 && first.next.is_some());
    let rest = world.reclaim(&record).await.0;
    assert_eq!(first.removed + rest, 450);
}

async fn a_hold_refuses_until_it_is_done(world: &World) {
    world.fill("h:1", &none()).await;
    world.fill("p:1", &marks(&[], &["h:1"])).await;
    let held = Change::Held {
        key: key("h:1"),
        ttl: Duration::from_secs(60),
    };
    let record = world.record(held).await;
    assert!(record.open);
    assert_eq!(world.reclaim(&record).await.0, 2);
    let at = world.position().await;
    let child = marks(&[], &["h:1"]);
    assert_eq!(world.fill_at("h:1", &none(), at).await, Filled::Refused);
    assert_eq!(world.fill_at("p:1", &child, at).await, Filled::Refused);
    assert!(!world.put_at("h:1", &none(), at).await.kept);
    assert_eq!(world.get("h:1").await, None);
    world.record(Change::Done(record.position.number)).await;
    world.fill("h:1", &none()).await;
    world.fill("p:1", &child).await;
}

#[tokio::test]
async fn tags_are_forgotten_across_slots() {
    let world = World::start().await;
    for number in 0..30 {
        let both = marks(&["t1", "t2"], &[]);
        world.fill(&format!("a:{number}"), &both).await;
    }
    world.fill("one:1", &marks(&["t1"], &[])).await;
    world
        .fill("two:1", &marks(&["t2", "{odd}*[tag]"], &[]))
        .await;
    assert_eq!(world.forget(tags(["t1"])).await, 31);
    assert_eq!(world.get("a:7").await, None);
    assert!(world.has("two:1").await);
    assert_eq!(world.forget(tags(["t2", "none", "{odd}*[tag]"])).await, 1);
    // The members went with their values.
    let index = name("tag:t1");
    let exists = world.command(&index, &["EXISTS", &index]).await;
    assert_eq!(exists, cacheflow_testkit::Reply::Integer(0));
    newer_values_stay_and_are_found_by_later_records(&world).await;
    who_lost_a_tag_is_no_longer_meant_by_it(&world).await;
    a_large_index_goes_in_parts(&world).await;
}

async fn newer_values_stay_and_are_found_by_later_records(world: &World) {
    let tagged = marks(&["t"], &["src:1"]);
    world.fill("n:1", &tagged).await;
    world.fill("n:2", &tagged).await;
    let record = world.record(Change::Forgotten(tags(["t"]))).await;
    // Made after the record, kept before its reclaim.
    world.fill("n:1", &tagged).await;
    assert_eq!(world.reclaim(&record).await.0, 1);
    assert!(world.has("n:1").await);
    assert_eq!(world.get("n:2").await, None);
    world.record(Change::Done(record.position.number)).await;
    assert_eq!(world.forget(tags(["t"])).await, 1);
    assert_eq!(world.get("n:1").await, None);

    world.fill("n:1", &tagged).await;
    let record = world.record(Change::Forgotten(keys(["src:1"]))).await;
    world.fill("n:1", &tagged).await;
    assert_eq!(world.reclaim(&record).await.0, 0);
    assert_eq!(world.forget(keys(["src:1"])).await, 1);
}

async fn who_lost_a_tag_is_no_longer_meant_by_it(world: &World) {
    world.fill("r:1", &marks(&["old", "both"], &["x:1"])).await;
    world.fill("r:1", &marks(&["new", "both"], &["x:2"])).await;
    assert_eq!(world.forget(tags(["old"])).await, 0);
    assert_eq!(world.forget(keys(["x:1"])).await, 0);
    assert!(world.has("r:1").await);
    assert_eq!(world.forget(tags(["new"])).await, 1);
}

async fn a_large_index_goes_in_parts(world: &World) {
    let tagged = marks(&["large"], &[]);
    for number in 0..600 {
        world.fill(&format!("l:{number}"), &tagged).await;
    }
    let record = world.record(Change::Forgotten(tags(["large"]))).await;
    let first = world.store.reclaim(&record, "").await.unwrap();
    assert!(first.removed < 600 && first.next.is_some());
    assert_eq!(first.removed + world.reclaim(&record).await.0, 600);
}

/// The writer dies between its record and the deletes.
#[tokio::test]
async fn a_record_whose_writer_died_stays_open_until_another_node_has_finished_it() {
    let world = World::start().await;
    world.fill("a:1", &marks(&["t"], &[])).await;
    let before = world.position().await;
    let record = world.record(Change::Forgotten(tags(["t"]))).await;
    assert!(world.has("a:1").await);
    assert_eq!(world.snapshot().await.open, std::slice::from_ref(&record));
    let since = world.store.since(Some(before)).await.unwrap();
    assert_eq!(since, Since::Records(vec![record.clone()]));

    let other = world.another("other");
    let mut cursor = Some(String::new());
    while let Some(at) = cursor {
        cursor = other.reclaim(&record, &at).await.unwrap().next;
    }
    let done = Change::Done(record.position.number);
    let done = other.record(&done, Some(before)).await.unwrap();
    assert_eq!(done.missed, Some(vec![record]));
    assert_eq!(world.get("a:1").await, None);
    assert_eq!(world.snapshot().await.open, []);
}
