//! What was made of something is forgotten with it.

use cacheflow::event::{Change, Record};
use cacheflow::key::Marks;

use super::nodes::Nodes;
use super::samples::{by_cache, by_keys, by_tag, key, keys, made_of, tagged};

pub(super) async fn what_was_made_of_a_forgotten_key_is_forgotten(nodes: &Nodes) {
    nodes.keep("a:1", Marks::NONE).await;
    nodes.keep("b:1", &made_of(&["a:1", "x:1"])).await;
    nodes.keep("b:2", &made_of(&["x:1"])).await;
    nodes.keep("b:11", &made_of(&["a:11"])).await;
    let record = nodes.forget(by_keys(&["a:1"])).await.record;
    assert_lists(&record, &["a:1", "b:1"]);
    nodes.assert_gone(&record, &keys(&["a:1", "b:1"])).await;
    nodes.assert_kept(&record, &keys(&["b:2", "b:11"])).await;
}

/// That a key has no value, does not matter: it is its source that has changed.
pub(super) async fn what_was_made_of_a_key_without_a_value_is_forgotten(nodes: &Nodes) {
    nodes.keep("b:1", &made_of(&["a:1"])).await;
    let record = nodes.forget(by_keys(&["a:1", "z:1"])).await.record;
    assert_lists(&record, &["a:1", "b:1", "z:1"]);
    nodes.assert_gone(&record, &keys(&["b:1"])).await;
}

pub(super) async fn a_chain_is_forgotten_to_its_end(nodes: &Nodes) {
    nodes.keep("b:1", &made_of(&["a:1"])).await;
    nodes.keep("c:1", &made_of(&["b:1"])).await;
    nodes.keep("d:1", &made_of(&["c:1"])).await;
    nodes.keep("e:1", &made_of(&["x:1"])).await;
    let record = nodes.forget(by_keys(&["a:1"])).await.record;
    assert_lists(&record, &["a:1", "b:1", "c:1", "d:1"]);
    nodes
        .assert_gone(&record, &keys(&["b:1", "c:1", "d:1"]))
        .await;
    assert!(nodes.seen(&key("e:1")).await.is_some());
}

pub(super) async fn a_diamond_is_forgotten_once(nodes: &Nodes) {
    nodes.keep("b:1", &made_of(&["a:1"])).await;
    nodes.keep("c:1", &made_of(&["a:1"])).await;
    nodes.keep("d:1", &made_of(&["b:1", "c:1"])).await;
    nodes.keep("d:2", &made_of(&["a:1", "b:1"])).await;
    let record = nodes.forget(by_keys(&["a:1"])).await.record;
    assert_lists(&record, &["a:1", "b:1", "c:1", "d:1", "d:2"]);
    nodes
        .assert_gone(&record, &keys(&["b:1", "c:1", "d:1", "d:2"]))
        .await;
}

pub(super) async fn a_circle_ends(nodes: &Nodes) {
    nodes.keep("a:1", &made_of(&["c:1"])).await;
    nodes.keep("b:1", &made_of(&["a:1"])).await;
    nodes.keep("c:1", &made_of(&["b:1", "c:1"])).await;
    let record = nodes.forget(by_keys(&["a:1"])).await.record;
    assert_lists(&record, &["a:1", "b:1", "c:1"]);
    nodes
        .assert_gone(&record, &keys(&["a:1", "b:1", "c:1"]))
        .await;
}

pub(super) async fn many_dependents_are_forgotten(nodes: &Nodes) {
    let names: Vec<_> = (0..700).map(|n| format!("b:{n}")).collect();
    for name in &names {
        nodes.keep(name, &made_of(&["a:1"])).await;
    }
    let record = nodes.forget(by_keys(&["a:1"])).await.record;
    let all: Vec<_> = names.iter().map(|name| key(name)).collect();
    nodes.assert_gone(&record, &all).await;
}

/// The last value is what counts.
pub(super) async fn what_is_no_longer_made_of_it_stays(nodes: &Nodes) {
    nodes.keep("b:1", &made_of(&["a:1"])).await;
    nodes.keep("b:1", &made_of(&["x:1"])).await;
    nodes.keep("b:2", &made_of(&["a:1"])).await;
    let put = nodes
        .put_marked(&key("b:2"), Marks::NONE, nodes.position().await)
        .await;
    nodes.settle(&put.record).await;
    let record = nodes.forget(by_keys(&["a:1"])).await.record;
    assert_lists(&record, &["a:1"]);
    nodes.assert_kept(&record, &keys(&["b:1", "b:2"])).await;
    let record = nodes.forget(by_keys(&["x:1"])).await.record;
    nodes.assert_gone(&record, &keys(&["b:1"])).await;
}

/// A part of it goes by the record itself, the rest by what a reclaim tells.
pub(super) async fn what_was_made_of_reclaimed_values_is_forgotten(nodes: &Nodes) {
    nodes.keep("a:1", &tagged(&["t"])).await;
    nodes.keep("b:1", &made_of(&["a:1"])).await;
    nodes.keep("c:1", &made_of(&["b:1"])).await;
    nodes.keep("b:2", &made_of(&["a:2"])).await;
    let record = nodes.forget(by_tag("t")).await.record;
    nodes.settle(&record).await;
    for gone in ["a:1", "b:1", "c:1"] {
        assert!(nodes.bytes(&key(gone)).await.is_none(), "{gone} is kept");
    }
    assert!(nodes.seen(&key("b:2")).await.is_some());
}

/// Even if what they were made of has no value itself.
pub(super) async fn what_was_made_of_a_cleared_cache_is_forgotten(nodes: &Nodes) {
    nodes.keep("a:1", Marks::NONE).await;
    nodes.keep("b:1", &made_of(&["a:1"])).await;
    nodes.keep("b:2", &made_of(&["a:2"])).await;
    nodes.keep("b:3", &made_of(&["aa:1"])).await;
    let record = nodes.forget(by_cache("a")).await.record;
    nodes
        .assert_gone(&record, &keys(&["a:1", "b:1", "b:2"]))
        .await;
    assert!(nodes.seen(&key("b:3")).await.is_some());
}

pub(super) async fn relations_are_told_one_step_each(nodes: &Nodes) {
    nodes.keep("c:1", &made_of(&["b:1", "a:1"])).await;
    nodes.keep("d:1", &made_of(&["c:1"])).await;
    nodes.keep("e:1", &made_of(&["d:1"])).await;
    let relations = nodes.relations(&key("c:1")).await;
    let dependencies = sorted(relations.dependencies);
    assert_eq!(dependencies, keys(&["a:1", "b:1"]));
    assert_eq!(relations.dependents, keys(&["d:1"]), "one step");
    // What has no value can have dependents.
    let relations = nodes.relations(&key("a:1")).await;
    assert_eq!(relations.dependencies, []);
    assert_eq!(relations.dependents, keys(&["c:1"]));
    let relations = nodes.relations(&key("x:1")).await;
    assert_eq!(
        (relations.dependencies, relations.dependents),
        Default::default()
    );
}

/// The record forgets these, each once, and nothing else.
fn assert_lists(record: &Record, expected: &[&str]) {
    let Change::Forgotten(forgotten) = &record.change else {
        panic!("not a forgetting: {record:?}");
    };
    assert!(forgotten.is_keys_only(), "{forgotten:?}");
    assert_eq!(sorted(forgotten.keys.clone()), keys(expected));
}

fn sorted<T: Ord>(mut all: Vec<T>) -> Vec<T> {
    all.sort();
    all
}
