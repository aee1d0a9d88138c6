//! What a transaction forgets: at its commit, and not before.

use cacheflow::{Applied, Cache, CacheFlow, LoadContext, RefreshAhead, Strategy};
use cacheflow_testkit::{MemoryBackend, Operation};

use crate::world::{HOUR, Node, alone, load, told, two_nodes};

fn cache(flow: &CacheFlow) -> Cache<u64, u64> {
    flow.cache("numbers").ttl(HOUR).build().unwrap()
}

#[tokio::test]
async fn what_is_collected_is_forgotten_at_the_commit_as_one_change() {
    let (server, one, two) = two_nodes().await;
    let (here, there) = (cache(&one.flow), cache(&two.flow));
    load(&here, 1, 1).await;
    load(&here, 2, 2).await;
    load(&there, 1, 1).await;
    let _ = one.recording.take();
    let scope = one.flow.invalidation_scope();
    let named = scope.invalidate().keys(["numbers:1"]).tags(["a"]).send();
    assert_eq!(named.await.unwrap(), Applied::Deferred);
    let applied = scope
        .run(async {
            let all = one.flow.invalidate().pattern("x:*").cache("others");
            assert_eq!(all.send().await.unwrap(), Applied::Deferred);
            here.invalidate(&1).await.unwrap()
        })
        .await;
    assert_eq!(applied, Applied::Deferred);
    assert!(here.peek(&1).is_some() && server.names().len() == 2);
    assert!(
        one.recording
            .take()
            .iter()
            .all(|it| it.operation != Operation::Record)
    );

    let mut events = one.flow.events();
    assert_eq!(scope.commit().await.unwrap(), Applied::Recorded);
    let forgotten = told(&mut events).await.forgotten;
    let named = (
        forgotten.keys.len(),
        forgotten.tags.len(),
        forgotten.patterns.len(),
    );
    assert_eq!((named, forgotten.caches.len()), ((1, 1, 1), 1));
    assert!(here.peek(&1).is_none() && here.peek(&2).is_some());
    crate::world::forgotten(&there, 1).await;
}

#[tokio::test]
async fn what_is_rolled_back_or_dropped_is_not_forgotten() {
    let flow = alone().await;
    let cache = cache(&flow);
    load(&cache, 1, 1).await;
    let scope = flow.invalidation_scope();
    let _ = scope.run(cache.invalidate(&1)).await.unwrap();
    scope.rollback();
    let scope = flow.invalidation_scope();
    let _ = scope.run(cache.clear()).await.unwrap();
    drop(scope);
    assert!(cache.peek(&1).is_some());
    // Outside of it everything is as usual.
    assert_eq!(cache.invalidate(&1).await.unwrap(), Applied::Recorded);
}

#[tokio::test]
async fn what_is_put_is_forgotten_in_place_of_being_kept() {
    let flow = alone().await;
    let cache = cache(&flow);
    load(&cache, 1, 1).await;
    let scope = flow.invalidation_scope();
    assert_eq!(
        scope.run(cache.put(&1, 2)).await.unwrap(),
        Applied::Deferred
    );
    let through = scope.run(cache.write_through(&2, async || Ok::<_, String>(3)));
    through.await.unwrap();
    assert_eq!((cache.get(&1).await, cache.get(&2).await), (Some(1), None));
    let _ = scope.commit().await.unwrap();
    assert_eq!(cache.get(&1).await, None);
}

#[tokio::test]
async fn who_cannot_wait_for_a_commit_has_it_done_in_the_background() {
    let (server, one, two) = two_nodes().await;
    let (here, there) = (cache(&one.flow), cache(&two.flow));
    load(&here, 1, 1).await;
    load(&there, 1, 1).await;
    let scope = one.flow.invalidation_scope();
    let _ = scope.run(here.invalidate(&1)).await.unwrap();
    scope.commit_in_background();
    crate::world::forgotten(&there, 1).await;
    assert!(server.names().is_empty());
}

/// It may read rows that are never committed.
#[tokio::test]
async fn what_is_loaded_is_nobody_elses_and_kept_nowhere() {
    let server = MemoryBackend::new();
    let node = Node::on(&server).await;
    let cache = cache(&node.flow);
    let scope = node.flow.invalidation_scope();
    scope
        .run(async {
            assert_eq!(load(&cache, 1, 10).await, 10);
            let many = cache.get_or_load_many(&[2, 3], async |missing: Vec<&u64>| {
                Ok::<_, String>(missing.into_iter().map(|it| (*it, *it)).collect::<Vec<_>>())
            });
            assert_eq!(many.await.values.len(), 2);
            let in_request = node.flow.request_scope(async {
                load(&cache, 4, 10).await;
                load(&cache, 4, 11).await
            });
            assert_eq!(in_request.await, 11);
            // Meanwhile another loads it for all.
            let other = tokio::spawn({
                let cache = cache.clone();
                async move { load(&cache, 5, 5).await }
            });
            assert_eq!(other.await.unwrap(), 5);
        })
        .await;
    let left: Vec<_> = (1..=5).map(|key| cache.peek(&key).is_some()).collect();
    assert_eq!(left, [false, false, false, false, true]);
    assert_eq!(server.names(), ["cacheflow:numbers:5"]);
}

#[tokio::test(start_paused = true)]
async fn what_is_due_is_not_refreshed_by_a_transaction() {
    let clock = cacheflow::clock::Clock::manual();
    let flow = CacheFlow::builder()
        .clock(clock.clone())
        .build()
        .await
        .unwrap();
    let refreshing = Strategy::multi_level().refresh_ahead(RefreshAhead::at(0.5));
    let cache = flow.cache::<u64, u64>("numbers").ttl(HOUR).ttl_jitter(0.0);
    let cache = cache.strategy(refreshing).build().unwrap();
    let entry = async |value| {
        let loader = async move |_: LoadContext<u64>| Ok::<_, String>(value);
        cache.entry(&1).load(loader).await.unwrap().value
    };
    assert_eq!(entry(1).await, 1);
    clock.advance(HOUR * 3 / 4);
    let scope = flow.invalidation_scope();
    assert_eq!(scope.run(entry(2)).await, 1);
    assert_eq!(cache.peek(&1).unwrap().value, 1);
    assert_eq!(entry(3).await, 3, "it is still due");
}

#[tokio::test]
async fn scopes_within_one_another_and_of_other_flows_are_told_apart() {
    let (flow, other) = (alone().await, alone().await);
    let (here, there) = (cache(&flow), cache(&other));
    load(&here, 1, 1).await;
    load(&there, 1, 1).await;
    let outer = flow.invalidation_scope();
    outer
        .run(async {
            // A savepoint: its commit is only that of a part.
            let inner = flow.invalidation_scope();
            let _ = inner.run(here.invalidate(&1)).await.unwrap();
            assert_eq!(inner.commit().await.unwrap(), Applied::Deferred);
            assert_eq!(there.invalidate(&1).await.unwrap(), Applied::Recorded);
        })
        .await;
    assert!(here.peek(&1).is_some() && there.peek(&1).is_none());
    let _ = outer.commit().await.unwrap();
    assert!(here.peek(&1).is_none());
}

#[tokio::test]
async fn faults_are_told_when_they_are_named_and_a_closed_flow_at_the_commit() {
    let flow = alone().await;
    let scope = flow.invalidation_scope();
    assert!(scope.invalidate().tags([""]).send().await.is_err());
    let _ = scope.invalidate().tags(["a"]).send().await.unwrap();
    flow.shutdown(HOUR).await.unwrap();
    assert!(scope.commit().await.is_err());
}

#[cfg(feature = "macros")]
mod attributes {
    use super::*;
    use cacheflow::{cache_evict, cache_put, cached};

    #[cached(cache = "names", key = "{id}", flow = flow)]
    async fn name(flow: &CacheFlow, id: u64) -> String {
        let _ = flow;
        format!("name {id}")
    }

    #[cache_put(name(flow, id), flow = flow)]
    async fn rename(flow: &CacheFlow, id: u64) -> String {
        let _ = (flow, id);
        "uncommitted".to_owned()
    }

    #[cache_evict(name(flow, id), flow = flow)]
    async fn delete(flow: &CacheFlow, id: u64) {
        let _ = (flow, id);
    }

    #[tokio::test]
    async fn what_attributes_change_is_collected() {
        let flow = alone().await;
        for id in [1, 2, 3] {
            name(&flow, id).await;
        }
        let kept = |id| name::peek(&flow, id).map(|found| found.value);
        let scope = flow.invalidation_scope();
        scope
            .run(async {
                rename(&flow, 1).await;
                delete(&flow, 2).await;
                let _ = name::invalidate(&flow, 3).await.unwrap();
            })
            .await;
        assert_eq!(kept(1).as_deref(), Some("name 1"));
        assert!(kept(2).is_some() && kept(3).is_some());
        let _ = scope.commit().await.unwrap();
        assert!([1, 2, 3].into_iter().all(|id| kept(id).is_none()));
    }
}
