//! The indexes of dependencies: their names, their lives, and what they keep.

use std::sync::Arc;
use std::time::Duration;

use cacheflow::Cache;
use cacheflow::key::FullKey;
use cacheflow_testkit::{RedisServer, eventually};

use crate::world::{BOUND, Db, Node, PREFIX, get, integer, members, two};

/// Loads `key` of `parents`, which reads these children on its way.
async fn load(parents: &Cache<u64, u64>, key: u64, children: &[(&Cache<u64, u64>, u64)], db: &Db) {
    let loaded = parents.get_or_load(&key, async || {
        for (child, key) in children {
            get(child, *key, db).await;
        }
        db.read().await
    });
    loaded.await.unwrap();
}

/// The indexes that there are.
async fn indexes(server: &RedisServer) -> Vec<String> {
    let mut names = server.keys().await;
    names.retain(|name| name.contains("rd:") || name.contains("tag:"));
    names
}

fn text(keys: &[FullKey]) -> Vec<&str> {
    keys.iter().map(FullKey::as_str).collect()
}

const DAY: i64 = 24 * 60 * 60 * 1000;

/// The documented names, and how long they live.
#[tokio::test]
async fn relations_lie_under_their_names_and_live_for_a_day_or_longer() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let (a, b) = two(&server).await;
    let (lines, orders) = (a.cache("lines"), a.cache("orders"));
    let pages = a.flow.cache::<u64, u64>("pages");
    let pages = pages
        .ttl(Duration::from_secs(7 * 24 * 3600))
        .outlive_dependencies(true);
    let pages = pages.build().unwrap();
    let page = pages.get_or_load(&1, async || {
        load(&orders, 1, &[(&lines, 1), (&lines, 2)], &db).await;
        db.read().await
    });
    page.await.unwrap();
    let set = async |name: &str| members(&server, &format!("{PREFIX}rd:{name}")).await;
    assert_eq!(set("deps:orders:1").await, ["lines:1", "lines:2"]);
    assert_eq!(
        set("deps:pages:1").await,
        ["lines:1", "lines:2", "orders:1"]
    );
    for line in ["lines:1", "lines:2"] {
        let index = set(&format!("rev-deps:{line}")).await;
        assert_eq!(index, ["orders:1", "pages:1"]);
    }
    assert_eq!(set("rev-deps:orders:1").await, ["pages:1"]);
    let life = async |name: &str| integer(&server, &["PTTL", &format!("{PREFIX}{name}")]).await;
    let a_day = DAY - i64::try_from(BOUND.as_millis()).unwrap();
    for name in indexes(&server).await {
        assert!(integer(&server, &["PTTL", &name]).await >= a_day, "{name}");
    }
    // Never shorter than its members.
    for index in [
        "rd:deps:pages:1",
        "rd:rev-deps:lines:1",
        "rd:rev-deps:orders:1",
    ] {
        let member = life("pages:1").await;
        assert!(
            life(index).await >= member - 60_000 && member > 6 * DAY,
            "{index}"
        );
    }
    // And told to whoever asks, on every node.
    for node in [&a, &b] {
        let found = node.flow.dependents_of(&lines.full_key(&1)).await.unwrap();
        assert_eq!(text(&found), ["orders:1", "pages:1"]);
        let found = node
            .flow
            .dependencies_of(&orders.full_key(&1))
            .await
            .unwrap();
        assert_eq!(text(&found), ["lines:1", "lines:2"]);
    }
}

/// "A parent outlives its child's TTL."
#[tokio::test]
async fn a_parent_ends_in_redis_with_its_first_child() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let (a, b) = two(&server).await;
    let brief = a.flow.cache::<u64, u64>("brief");
    let brief = brief.ttl(Duration::from_secs(30)).ttl_jitter(0.0);
    let brief = brief.build().unwrap();
    let orders = a.cache("orders");
    load(&orders, 1, &[(&brief, 1)], &db).await;
    let end = async |name: &str| {
        let name = format!("{PREFIX}{name}");
        integer(&server, &["PEXPIRETIME", &name]).await
    };
    // Written at two times by the millisecond.
    assert!(end("orders:1").await <= end("brief:1").await + 1_000);
    let found = b.cache("orders").lookup(&1).await.found().unwrap();
    assert!(found.remaining <= Duration::from_secs(30), "{found:?}");
}

/// An index that is used does not keep what has expired.
#[tokio::test]
async fn an_index_of_dependents_does_not_grow_with_what_has_expired() {
    let (server, db) = (RedisServer::start().await, Db::at(1));
    let node = Node::ready(&server.url()).await;
    let child = node.cache("lines").full_key(&1);
    let brief = node.flow.cache::<u64, u64>("brief");
    let brief = brief.ttl(Duration::from_millis(500)).build().unwrap();
    let brief = brief.depends_on([child.clone()]);
    for key in 0..300 {
        get(&brief, key, &db).await;
    }
    eventually("they have expired", BOUND, async || {
        let names = server.keys().await;
        !names
            .iter()
            .any(|name| name.starts_with(&format!("{PREFIX}brief:")))
    })
    .await;
    let parents = Arc::new(node.users.depends_on([child]));
    eventually("it is as large as what it names", BOUND, async || {
        for value in 0..50 {
            let _ = parents.put(&(value % 5), value).await.unwrap();
        }
        let index = format!("{PREFIX}rd:rev-deps:lines:1");
        members(&server, &index).await.len() <= 10
    })
    .await;
    let _ = node.cache("lines").invalidate(&1).await.unwrap();
    for key in 0..5 {
        assert_eq!(node.users.get(&key).await, None);
    }
}
