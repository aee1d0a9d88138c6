//! What nothing was made of, and sources that lag behind changes that nobody
//! recorded.

use std::time::Duration;

use cacheflow::clock::Clock;
use cacheflow::key::FullKey;
use cacheflow::{Applied, Cache, CacheFlow, cached};
use cacheflow_testkit::{MemoryBackend, eventually};
use tokio::sync::Semaphore;

use crate::support::{HOUR, Node, WITHIN, alone, joined, load};

fn cache(flow: &CacheFlow, name: &str) -> Cache<u64, u64> {
    flow.cache(name).ttl(HOUR).ttl_jitter(0.0).build().unwrap()
}

#[cached(cache = "slow", key = "{id}", flow = flow)]
async fn slow(flow: &CacheFlow, begun: &Semaphore, go: &Semaphore, id: u64) -> Option<u64> {
    let row = cache(flow, "rows").get(&id).await;
    begun.add_permits(1);
    go.acquire().await.unwrap().forget();
    row
}

/// The put has returned before the second caller comes.
#[tokio::test]
async fn who_joins_behind_a_forgotten_part_does_not_get_its_absence() {
    let flow = alone().await;
    let (rows, own) = (cache(&flow, "rows"), cache(&flow, "slow"));
    let (begun, go) = (Semaphore::new(0), Semaphore::new(0));
    let first = slow(&flow, &begun, &go, 1);
    let second = async {
        begun.acquire().await.unwrap().forget();
        let _ = rows.put(&1, 10).await.unwrap();
        slow(&flow, &begun, &go, 1).await
    };
    let release = async {
        joined(&own, 1).await;
        go.add_permits(2);
    };
    let (_, second, ()) = tokio::join!(first, second, release);
    assert_eq!(second, Some(10));
}

/// No record tells of it: nothing will forget the key once more.
#[tokio::test]
async fn what_a_lagging_source_gives_after_a_foreign_change_is_not_kept() {
    let lag = Duration::from_secs(3);
    let clock = Clock::manual();
    let server = MemoryBackend::with_clock(clock.clone());
    let node = Node::silent(&server, |flow| flow.clock(clock.clone())).await;
    node.subscribed().await;
    let cache: Cache<u64, u64> = node.flow.cache("lagging").hold_off(lag).build().unwrap();
    clock.advance(lag);
    load(&cache, 1, 10).await;
    // Whoever has changed it has removed it, and says so.
    server.overwrite("cacheflow:lagging:1", "", Duration::ZERO);
    server.announce_foreign(&[FullKey::parse("lagging:1").unwrap()], "somebody");
    let gone = async || cache.peek(&1).is_none();
    eventually("it is forgotten", WITHIN, gone).await;
    load(&cache, 1, 10).await;
    assert_eq!(cache.peek(&1), None);
}

#[tokio::test]
async fn what_a_lagging_source_gives_after_a_change_here_alone_is_not_kept() {
    let lag = Duration::from_secs(3);
    let clock = Clock::manual();
    let builder = CacheFlow::builder().clock(clock.clone());
    let flow = builder.build().await.unwrap();
    let cache: Cache<u64, u64> = flow.cache("lagging").hold_off(lag).build().unwrap();
    clock.advance(lag);
    let send = flow.invalidate().keys(["lagging:1"]).local_only();
    assert_eq!(send.send().await.unwrap(), Applied::Local);
    load(&cache, 1, 10).await;
    assert_eq!(cache.peek(&1), None);
}
