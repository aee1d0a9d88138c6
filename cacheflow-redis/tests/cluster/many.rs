//! Many values at once, of several servers.

use std::time::Duration;

use cacheflow::key::FullKey;
use cacheflow::store::Stored;
use cacheflow_testkit::{Reply, eventually};

use crate::world::{World, key, name, none};

const MINUTE: Duration = Duration::from_secs(60);

impl World {
    async fn many(&self, texts: &[String]) -> Vec<Option<Stored>> {
        let keys: Vec<FullKey> = texts.iter().map(|text| key(text)).collect();
        let keys: Vec<&FullKey> = keys.iter().collect();
        self.store.get_many(&keys).await.unwrap()
    }

    /// Each of them is told among all as it is by itself; returns how many there are.
    async fn told_alike(&self, texts: &[String]) -> usize {
        let many = self.many(texts).await;
        assert_eq!(many.len(), texts.len());
        for (text, told) in texts.iter().zip(&many) {
            let alone = self.get(text).await;
            let read = |stored: &Stored| (stored.bytes.clone(), stored.incarnation);
            assert_eq!(told.as_ref().map(read), alone.as_ref().map(read), "{text}");
        }
        many.iter().flatten().count()
    }

    /// How many reads of values all servers have answered.
    async fn reads(&self) -> u64 {
        let mut reads = 0;
        for node in self.cluster.nodes() {
            let stats = node.command(&["INFO", "commandstats"]).await.unwrap();
            let stats = stats.text().unwrap();
            let mut lines = stats.lines();
            let calls = lines.find_map(|line| line.strip_prefix("cmdstat_get:calls="));
            let calls = calls.map_or("0", |calls| calls.split(',').next().unwrap());
            reads += calls.parse::<u64>().unwrap();
        }
        reads
    }
}

#[tokio::test]
async fn many_values_are_told_by_all_servers_at_once() {
    let world = World::start().await;
    assert!(world.many(&[]).await.is_empty());
    let texts: Vec<String> = (0..60).rev().map(|number| format!("a:{number}")).collect();
    assert_eq!(world.told_alike(&texts).await, 0);
    for text in texts.iter().skip(2).step_by(3) {
        world.fill(text, &none()).await;
    }
    assert_eq!(world.told_alike(&texts).await, 20);
    let before = world.reads().await;
    world.many(&texts).await;
    assert_eq!(world.reads().await - before, 60, "each is asked for once");

    // Very many, of which few are there.
    let many: Vec<String> = (0..5_000).map(|number| format!("a:{number}")).collect();
    let told = world.many(&many).await;
    assert_eq!(told.iter().flatten().count(), 20);
    assert!(told[0].is_some() && told[1].is_none() && told[3].is_some());

    strangers_are_told_as_by_themselves(&world).await;
    slots_that_move_are_followed(&world, &texts).await;
}

async fn strangers_are_told_as_by_themselves(world: &World) {
    let set = async |text: &str, words: &[&str]| {
        let name = name(text);
        let words: Vec<&str> = [words[0], &name]
            .into_iter()
            .chain(words[1..].iter().copied())
            .collect();
        world.command(&name, &words).await;
    };
    set("list:1", &["RPUSH", "x"]).await;
    set("list:2", &["RPUSH", "x"]).await;
    set("list:2", &["PEXPIRE", "100000"]).await;
    set("foreign:1", &["SET", "for ever"]).await;
    set("foreign:2", &["SET", "x", "PX", "100000"]).await;
    let texts = [
        "list:1",
        "a:0",
        "list:2",
        "foreign:1",
        "gone:1",
        "foreign:2",
    ];
    let texts = texts.map(str::to_owned);
    assert_eq!(world.told_alike(&texts).await, 3);
    let told = world.many(&texts).await;
    assert!(told[2].as_ref().unwrap().bytes.is_empty());
}

async fn slots_that_move_are_followed(world: &World, texts: &[String]) {
    // Half moved: some are here and some are there, and the rest is in its place.
    let slot = world.cluster.slot_of(name("a:0")).await;
    let from = world.cluster.owner_of_slot(slot).await;
    let to = (from + 1) % 3;
    world.cluster.start_moving_slot(slot, to).await;
    assert_eq!(world.told_alike(texts).await, 20);
    let moved = name("a:0");
    let (source, target) = (world.cluster.node(from), world.cluster.node(to));
    let port = target.addr().port().to_string();
    let migrate = ["MIGRATE", "127.0.0.1", &port, &moved, "0", "5000"];
    let migrated = source.command(&migrate).await.unwrap();
    assert_eq!(migrated, Reply::Simple("OK".to_owned()));
    assert_eq!(world.many(texts).await.iter().flatten().count(), 20);

    // Moved altogether, which this node has not been told.
    world.cluster.move_slot(slot, to).await;
    assert_eq!(world.many(texts).await.iter().flatten().count(), 20);
    assert_eq!(world.told_alike(texts).await, 20);
}

#[tokio::test]
async fn a_server_that_is_replaced_is_found() {
    let world = World::with_replicas().await;
    let texts: Vec<String> = (0..30).map(|number| format!("a:{number}")).collect();
    for text in &texts {
        world.fill(text, &none()).await;
    }
    assert_eq!(world.told_alike(&texts).await, 30);
    let journal = world.cluster.owner_of(crate::world::journal()).await;
    let owner = (journal + 1) % 3;
    world.cluster.until_in_sync(owner).await;
    world.cluster.fail_over(owner).await;
    // What its successor has is told, in whichever incarnation.
    eventually("the successor is found", MINUTE, async || {
        let keys: Vec<FullKey> = texts.iter().map(|text| key(text)).collect();
        let keys: Vec<&FullKey> = keys.iter().collect();
        world.store.get_many(&keys).await.is_ok()
    })
    .await;
    assert_eq!(world.told_alike(&texts).await, 30);
}
