//! Forgetting by pattern, by cache, and everything: by looking at all keys.

use cacheflow::event::{Change, Forgotten};

use crate::world::{World, cache, keys, marks, name, none, pattern};

#[tokio::test]
async fn patterns_caches_and_everything_are_looked_for_on_every_server() {
    let world = World::start().await;
    for number in 0..50 {
        world.fill(&format!("feed:7:{number}"), &none()).await;
        world.fill(&format!("feed:77:{number}"), &none()).await;
        world.fill(&format!("users:{number}"), &none()).await;
    }
    // Made of something that is meant, kept or not.
    world.fill("page:1", &marks(&[], &["feed:7:1"])).await;
    world.fill("page:2", &marks(&[], &["feed:7:none"])).await;
    world.fill("page:3", &marks(&[], &["users:1"])).await;
    strangers(&world).await;

    assert_eq!(world.forget(pattern("feed:7:*")).await, 52);
    assert!(world.has("feed:77:1").await && world.has("page:3").await);
    for gone in ["feed:7:1", "page:1", "page:2"] {
        assert_eq!(world.get(gone).await, None, "{gone}");
    }
    assert_eq!(world.forget(cache("users")).await, 51);
    assert!(world.has("feed:77:1").await);
    assert!(!world.has("users:1").await && !world.has("page:3").await);

    let everything = Forgotten {
        everything: true,
        ..Forgotten::default()
    };
    let record = world.record(Change::Forgotten(everything)).await;
    world.fill("users:new", &none()).await;
    assert_eq!(world.reclaim(&record).await.0, 50);
    assert!(world.has("users:new").await);
    assert_eq!(world.forget(keys(["users:new"])).await, 1);
    strangers_are_still_there(&world).await;
}

const STRANGERS: [&str; 4] = [
    "cacheflow:users:1",
    "cacheflow:test/users:mine",
    "cacheflow:test/nothing",
    "cacheflow:test/lock:users:1",
];

async fn strangers(world: &World) {
    for stranger in STRANGERS {
        world.command(stranger, &["SET", stranger, "x"]).await;
    }
    let list = name("users:list");
    world.command(&list, &["RPUSH", &list, "x"]).await;
}

async fn strangers_are_still_there(world: &World) {
    let keys = world.cluster.keys().await;
    for stranger in STRANGERS {
        assert!(keys.iter().any(|key| key == stranger), "{stranger}");
    }
    assert!(keys.contains(&name("users:list")));
}
