//! The indexes by which values are found.

use std::time::Duration;

use cacheflow::store::{Filled, Relations};

use crate::raw::{Raw, key};

#[tokio::test]
async fn a_value_stands_in_the_indexes_of_its_marks() {
    let raw = Raw::start().await;
    raw.keep("a:1", &["x", "y"], &["b:1", "c:1"]).await;
    raw.keep("a:2", &["x"], &["b:1"]).await;
    assert_eq!(raw.members("p:tag:x").await, ["a:1", "a:2"]);
    assert_eq!(raw.members("p:tag:y").await, ["a:1"]);
    assert_eq!(raw.members("p:rd:deps:a:1").await, ["b:1", "c:1"]);
    assert_eq!(raw.members("p:rd:rev-deps:b:1").await, ["a:1", "a:2"]);
    let relations = raw.store.relations(&key("a:1")).await.unwrap();
    assert_eq!(relations.dependencies, [key("b:1"), key("c:1")]);
    let dependents = vec![key("a:1"), key("a:2")];
    let dependencies = Vec::new();
    let of_it = Relations {
        dependencies,
        dependents,
    };
    assert_eq!(raw.store.relations(&key("b:1")).await.unwrap(), of_it);
    raw.every_key_dies().await;
}

#[tokio::test]
async fn a_value_that_takes_anothers_place_leaves_its_old_indexes() {
    let raw = Raw::start().await;
    raw.keep("a:1", &["old", "both"], &["b:1", "c:1"]).await;
    raw.keep("a:1", &["both", "new"], &["c:1", "d:1"]).await;
    assert!(raw.members("p:tag:old").await.is_empty());
    assert!(raw.members("p:rd:rev-deps:b:1").await.is_empty());
    for index in [
        "p:tag:both",
        "p:tag:new",
        "p:rd:rev-deps:c:1",
        "p:rd:rev-deps:d:1",
    ] {
        assert_eq!(raw.members(index).await, ["a:1"], "{index}");
    }
    assert_eq!(raw.members("p:rd:deps:a:1").await, ["c:1", "d:1"]);
    // By a put as well.
    let here = raw.position().await;
    assert!(raw.put("a:1", &["put"], &[], here).await.unwrap().kept);
    assert_eq!(raw.members("p:tag:put").await, ["a:1"]);
    assert!(raw.members("p:tag:new").await.is_empty());
    assert!(raw.members("p:rd:deps:a:1").await.is_empty());
    // Forgetting the old tag does not touch it.
    let record = raw.forget_tag("old").await;
    assert!(!record.open, "there was no index");
    assert!(raw.holds("a:1").await);
}

#[tokio::test]
async fn what_is_removed_leaves_its_indexes() {
    let raw = Raw::start().await;
    raw.keep("a:1", &["x"], &["b:1"]).await;
    raw.keep("a:2", &["x"], &["b:1"]).await;
    raw.forget(&["a:1"]).await;
    assert_eq!(raw.members("p:tag:x").await, ["a:2"]);
    assert_eq!(raw.members("p:rd:rev-deps:b:1").await, ["a:2"]);
    assert!(raw.members("p:rd:deps:a:1").await.is_empty());
    let bytes = raw.store.get(&key("a:2")).await.unwrap().unwrap().bytes;
    let others = bytes.slice(1..);
    raw.store.discard(&key("a:2"), &others).await.unwrap();
    assert!(raw.holds("a:2").await);
    raw.store.discard(&key("a:2"), &bytes).await.unwrap();
    assert!(!raw.holds("a:2").await);
    assert!(raw.members("p:tag:x").await.is_empty());
}

#[tokio::test]
async fn a_chain_is_not_broken_in_its_middle() {
    let raw = Raw::start().await;
    raw.keep("b:1", &[], &["a:1"]).await;
    // Whoever declared this knows nothing of `a:1`.
    raw.keep("c:1", &[], &["b:1"]).await;
    raw.keep("b:1", &[], &["x:1"]).await;
    let bytes = raw.store.get(&key("b:1")).await.unwrap().unwrap().bytes;
    raw.store.discard(&key("b:1"), &bytes).await.unwrap();
    assert!(!raw.holds("b:1").await);
    raw.forget(&["a:1"]).await;
    assert!(!raw.holds("c:1").await);
}

#[tokio::test]
async fn an_index_lives_at_least_as_long_as_its_members() {
    let raw = Raw::start().await;
    let here = raw.position().await;
    let week = Duration::from_secs(7 * 24 * 3600);
    let short = Duration::from_secs(5);
    let day = 24 * 3600 * 1000;
    let deps: &[&str] = &["b:1"];
    for (text, ttl) in [("a:1", short), ("a:2", week), ("a:3", short)] {
        raw.fill_for(text, &["x"], deps, here, ttl).await;
        let left = raw.integer(&["PTTL", "p:rd:rev-deps:b:1"]).await;
        assert!(left > day - 2_000, "{text}: {left}");
    }
    let week = i64::try_from(week.as_millis()).unwrap();
    for index in ["p:tag:x", "p:rd:rev-deps:b:1", "p:rd:deps:a:2"] {
        let left = raw.integer(&["PTTL", index]).await;
        assert!(left > week - 10_000, "{index}: {left}");
    }
    assert!(raw.integer(&["PTTL", "p:rd:deps:a:1"]).await > day - 10_000);
    let tag = raw.fill_for("z:1", &["short"], &[], here, short).await;
    assert_eq!(tag, Filled::Kept);
    assert!(raw.integer(&["PTTL", "p:tag:short"]).await <= 5_000);
}

#[tokio::test]
async fn an_index_that_is_written_to_loses_what_is_gone() {
    let raw = Raw::start().await;
    for i in 0..50 {
        raw.redis(&["SADD", "p:tag:x", &format!("gone:{i}")]).await;
        raw.redis(&["SADD", "p:rd:rev-deps:b:1", &format!("gone:{i}")])
            .await;
        raw.redis(&["SADD", "p:rd:rev-deps:b:1", &format!("chain:{i}")])
            .await;
        raw.redis(&["SADD", &format!("p:rd:rev-deps:chain:{i}"), "more:1"])
            .await;
    }
    for _ in 0..300 {
        raw.keep("a:1", &["x"], &["b:1"]).await;
    }
    assert!(raw.members("p:tag:x").await.len() < 10);
    let left = raw.members("p:rd:rev-deps:b:1").await;
    let chains = left.iter().filter(|key| key.starts_with("chain:")).count();
    // On which more depends, stays.
    assert_eq!(chains, 50);
    assert!(left.len() < 75, "{}", left.len());
}

#[tokio::test]
async fn an_entry_with_as_many_marks_as_there_may_be_is_kept_and_found() {
    let raw = Raw::start().await;
    let names: Vec<String> = (0..500).map(|i| format!("t:{i}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    raw.keep("a:1", &names, &names).await;
    raw.keep("a:1", &names[..400], &names[..400]).await;
    assert!(raw.members("p:tag:t:450").await.is_empty());
    assert!(raw.members("p:rd:rev-deps:t:450").await.is_empty());
    let record = raw.forget(&["t:399"]).await;
    assert!(!record.open);
    assert!(!raw.holds("a:1").await);
    assert!(raw.members("p:tag:t:1").await.is_empty());
}
