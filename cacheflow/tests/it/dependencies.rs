//! Dependencies: captured within a load or declared, transitive, in circles, and
//! as long-lived as the first that ends.

use std::sync::Arc;
use std::time::Duration;

use cacheflow::clock::Clock;
use cacheflow::key::FullKey;
use cacheflow::{Applied, Cache, CacheFlow, Event, Strategy};
use cacheflow_testkit::{Operation, eventually};
use tokio::sync::oneshot;

use crate::support::{Fault, HOUR, WITHIN, alone, cached, load, two_nodes, waiting};

fn cache(flow: &CacheFlow, name: &str) -> Cache<u64, u64> {
    flow.cache(name).ttl(HOUR).ttl_jitter(0.0).build().unwrap()
}

/// Loads `key` as one more than what `child` has under the same key.
async fn load_from(
    parent: &Cache<u64, u64>,
    key: u64,
    child: &Cache<u64, u64>,
    loaded: u64,
) -> u64 {
    let value = parent.get_or_load(&key, async || {
        Ok::<_, Fault>(load(child, key, loaded).await + 1)
    });
    value.await.unwrap()
}

async fn three(flow: &CacheFlow) -> [Cache<u64, u64>; 3] {
    let caches = ["lines", "orders", "pages"].map(|name| cache(flow, name));
    let [lines, orders, pages] = &caches;
    pages
        .get_or_load(&1, async || {
            Ok::<_, Fault>(load_from(orders, 1, lines, 10).await + 1)
        })
        .await
        .unwrap();
    caches
}

fn there(caches: &[Cache<u64, u64>; 3]) -> [bool; 3] {
    caches.each_ref().map(|cache| cache.peek(&1).is_some())
}

#[tokio::test]
async fn what_a_load_reads_is_its_dependency_through_three_levels() {
    for (forgotten, left) in [
        (0, [false; 3]),
        (1, [true, false, false]),
        (2, [true, true, false]),
    ] {
        let flow = alone().await;
        let caches = three(&flow).await;
        assert_eq!(there(&caches), [true; 3]);
        let _ = caches[forgotten].invalidate(&1).await.unwrap();
        assert_eq!(there(&caches), left, "{forgotten}");
    }
}

#[tokio::test]
async fn a_child_that_is_put_takes_its_parents_along() {
    let flow = alone().await;
    let caches = three(&flow).await;
    let _ = caches[0].put(&1, 11).await.unwrap();
    assert_eq!(there(&caches), [true, false, false]);
}

#[tokio::test]
async fn parents_go_on_every_node_and_in_the_store() {
    for put in [false, true] {
        let (server, one, two) = two_nodes().await;
        let caches = three(&one.flow).await;
        let others = ["lines", "orders", "pages"].map(|name| cache(&two.flow, name));
        for (other, value) in others.iter().zip([10, 11, 12]) {
            assert_eq!(cached(other, 1).await, value);
        }
        match put {
            true => assert_eq!(others[0].put(&1, 20).await.unwrap(), Applied::Recorded),
            false => assert_eq!(others[0].invalidate(&1).await.unwrap(), Applied::Recorded),
        }
        assert_eq!(there(&others), [put, false, false]);
        let gone = async || there(&caches) == [false; 3];
        eventually("the other node has heard", WITHIN, gone).await;
        assert_eq!(server.names().len(), usize::from(put));
    }
}

/// The parent knows its child only by its tag.
#[tokio::test]
async fn a_parent_takes_its_childrens_tags_over() {
    let (_server, one, two) = two_nodes().await;
    let children = cache(&one.flow, "children").tagged(["t"]).unwrap();
    let parents = cache(&one.flow, "parents");
    load_from(&parents, 1, &children, 10).await;
    let found = parents.peek(&1).unwrap();
    assert_eq!(found.tags()[0].as_str(), "t");
    assert_eq!(found.dependencies(), [children.full_key(&1)]);
    let _ = two.flow.invalidate().tags(["t"]).send().await.unwrap();
    let gone = async || parents.get(&1).await.is_none();
    eventually("the parent is gone", WITHIN, gone).await;
}

#[tokio::test]
async fn a_hit_within_a_load_is_a_dependency_as_a_miss_is() {
    let flow = alone().await;
    let (children, parents) = (cache(&flow, "children"), cache(&flow, "parents"));
    load(&children, 1, 10).await;
    for read in ["get", "peek", "get_or_load", "lookup"] {
        let loaded = parents.get_or_load(&1, async || {
            let value = match read {
                "get" => children.get(&1).await,
                "peek" => children.peek(&1).map(|found| found.value),
                "lookup" => children.lookup(&1).await.found().map(|found| found.value),
                _ => Some(cached(&children, 1).await),
            };
            Ok::<_, Fault>(value.unwrap())
        });
        assert_eq!(loaded.await.unwrap(), 10);
        let _ = children.put(&1, 10).await.unwrap();
        assert_eq!(parents.peek(&1), None, "{read}");
    }
}

/// That a child was not there, or could not be had, is a part of the parent too.
#[tokio::test]
async fn an_absent_child_is_a_dependency() {
    let flow = alone().await;
    let (children, parents) = (cache(&flow, "children"), cache(&flow, "parents"));
    for read in ["get", "failed load"] {
        let loaded = parents.get_or_load(&1, async || {
            match read {
                "get" => assert_eq!(children.get(&1).await, None),
                _ => {
                    let failing = children.get_or_load(&1, async || Err::<u64, _>("no"));
                    assert!(failing.await.is_err());
                }
            }
            Ok::<_, Fault>(0)
        });
        loaded.await.unwrap();
        assert!(parents.peek(&1).is_some());
        let _ = children.put(&1, 10).await.unwrap();
        assert_eq!(parents.peek(&1), None, "{read}");
        let _ = children.invalidate(&1).await.unwrap();
    }
}

/// That there is nothing was found out from what is there.
#[tokio::test]
async fn a_grandchild_of_nothing_is_a_dependency() {
    for joins in [false, true] {
        let flow = alone().await;
        let [children, middle, parents] =
            ["children", "middle", "parents"].map(|name| cache(&flow, name));
        let failing = async |gate: Option<oneshot::Receiver<()>>| {
            let loaded = middle.get_or_load_shared(&1, async || {
                load(&children, 1, 10).await;
                if let Some(gate) = gate {
                    gate.await.unwrap();
                }
                Err::<u64, _>("nothing there")
            });
            loaded.await.unwrap_err();
        };
        let (go_on, gate) = oneshot::channel();
        let parent = parents.get_or_load(&1, async || {
            failing(None).await;
            Ok::<_, Fault>(0)
        });
        if joins {
            let first = failing(Some(gate));
            let release = async {
                let joined = async || middle.stats().joined == 1;
                eventually("the parent's load has joined", WITHIN, joined).await;
                go_on.send(()).unwrap();
            };
            let ((), parent, ()) = tokio::join!(first, parent, release);
            parent.unwrap();
        } else {
            parent.await.unwrap();
        }
        assert!(parents.peek(&1).is_some());
        let _ = children.invalidate(&1).await.unwrap();
        assert_eq!(parents.peek(&1), None, "joins: {joins}");
    }
}

/// Memory keeps the child for less than the store does: that is no end.
#[tokio::test]
async fn a_parent_lives_as_long_as_its_child_does_in_the_store() {
    let (_server, one, _two) = two_nodes().await;
    let brief = Strategy::multi_level().memory_ttl(Duration::from_secs(1));
    let children: Cache<u64, u64> = one
        .flow
        .cache("brief")
        .ttl(HOUR)
        .ttl_jitter(0.0)
        .strategy(brief)
        .build()
        .unwrap();
    let parents = cache(&one.flow, "parents");
    load(&children, 1, 10).await;
    load_from(&parents, 1, &children, 0).await;
    let remaining = parents.peek(&1).unwrap().remaining;
    assert!(remaining > HOUR / 2, "{remaining:?}");
}

#[tokio::test]
async fn what_was_read_before_the_load_has_to_be_declared() {
    let flow = alone().await;
    let (children, parents) = (cache(&flow, "children"), cache(&flow, "parents"));
    let value = load(&children, 1, 10).await;
    load(&parents, 1, value).await;
    let declared = parents.depends_on([children.full_key(&1)]);
    load(&declared, 2, value).await;
    let _ = children.invalidate(&1).await.unwrap();
    assert_eq!(parents.peek(&1).map(|found| found.value), Some(10));
    assert_eq!(parents.peek(&2), None);
}

#[tokio::test]
async fn caches_of_another_flow_are_no_dependencies() {
    let (one, two) = (alone().await, alone().await);
    let (children, parents) = (cache(&one, "children"), cache(&two, "parents"));
    load_from(&parents, 1, &children, 10).await;
    assert!(parents.peek(&1).unwrap().dependencies().is_empty());
}

/// The child is forgotten after the parent's load has read it.
#[tokio::test]
async fn a_parents_load_is_fenced_by_what_it_has_read() {
    for by_this_node in [true, false] {
        let (server, one, two) = two_nodes().await;
        let (children, parents) = (cache(&one.flow, "children"), cache(&one.flow, "parents"));
        let other = cache(&two.flow, "children");
        let loaded = parents.get_or_load(&1, async || {
            let value = load(&children, 1, 10).await;
            let node = if by_this_node { &children } else { &other };
            let _ = node.invalidate(&1).await.unwrap();
            Ok::<_, Fault>(value)
        });
        assert_eq!(loaded.await.unwrap(), 10);
        assert_eq!(parents.get(&1).await, None);
        assert_eq!(server.names(), [""; 0]);
    }
}

#[tokio::test]
async fn a_diamond_goes_once_and_a_circle_ends() {
    let (_server, one, _two) = two_nodes().await;
    let nodes = cache(&one.flow, "nodes");
    let key = |number: u64| nodes.full_key(&number);
    // 4 is made of 2 and 3, both of 1; and 1 is declared to be made of 4.
    load(&nodes.depends_on([key(4)]), 1, 1).await;
    load(&nodes.depends_on([key(1)]), 2, 2).await;
    load(&nodes.depends_on([key(1)]), 3, 3).await;
    load(&nodes.depends_on([key(2), key(3)]), 4, 4).await;
    assert_eq!(
        one.flow.dependency_cycles(),
        [[key(1), key(2), key(3), key(4)]]
    );
    assert_eq!(
        one.flow.dependents_of(&key(2)).await.unwrap(),
        [key(1), key(3), key(4)]
    );
    assert_eq!(
        one.flow.dependencies_of(&key(4)).await.unwrap(),
        [key(2), key(3)]
    );
    let _ = one.recording.take();
    let _ = nodes.invalidate(&2).await.unwrap();
    for number in 1..=4 {
        assert_eq!(nodes.get(&number).await, None, "{number}");
    }
    let calls = one.recording.take();
    let records = calls
        .iter()
        .filter(|call| call.operation == Operation::Record);
    assert_eq!(records.count(), 1);
}

/// Of the one in the middle nothing is kept any more.
#[tokio::test]
async fn a_declared_chain_holds_although_its_middle_is_gone() {
    let flow = alone().await;
    let cache: Cache<u64, u64> = flow.cache("chain").max_entries(2).build().unwrap();
    load(&cache.depends_on([cache.full_key(&1)]), 2, 2).await;
    load(&cache.depends_on([cache.full_key(&2)]), 3, 3).await;
    for key in 100..200 {
        load(&cache, key, key).await;
        cache.peek(&3);
    }
    let _ = cache.stats();
    load(&cache.depends_on([cache.full_key(&2)]), 3, 3).await;
    let _ = cache.invalidate(&1).await.unwrap();
    assert_eq!(cache.peek(&3), None);
}

#[tokio::test]
async fn a_loader_that_asks_for_itself_does_not_depend_on_itself() {
    let flow = alone().await;
    let numbers = cache(&flow, "numbers");
    let mut events = flow.events();
    let loaded = numbers.get_or_load(&1, async || Ok::<_, Fault>(load(&numbers, 1, 10).await + 1));
    assert_eq!(loaded.await.unwrap(), 11);
    assert!(numbers.peek(&1).unwrap().dependencies().is_empty());
    let told = waiting(&mut events);
    assert!(matches!(told[..], [Event::Recursion { .. }]), "{told:?}");
}

#[tokio::test]
async fn a_parent_ends_with_its_first_child_unless_it_may_outlive_it() {
    for outlives in [false, true] {
        let clock = Clock::manual();
        let flow = CacheFlow::builder()
            .clock(clock.clone())
            .build()
            .await
            .unwrap();
        let minute = Duration::from_secs(60);
        let children: Cache<u64, u64> = flow
            .cache("children")
            .ttl(minute)
            .ttl_jitter(0.0)
            .build()
            .unwrap();
        let parents: Cache<u64, u64> = flow
            .cache("parents")
            .ttl(HOUR)
            .ttl_jitter(0.0)
            .outlive_dependencies(outlives)
            .build()
            .unwrap();
        load(&children, 1, 10).await;
        clock.advance(minute / 2);
        load_from(&parents, 1, &children, 0).await;
        clock.advance(minute / 2 - Duration::from_millis(1));
        assert!(parents.peek(&1).is_some());
        clock.advance(Duration::from_millis(1));
        assert_eq!(parents.peek(&1).is_some(), outlives);
        // But forgotten it is in any case.
        let _ = children.invalidate(&1).await.unwrap();
        assert_eq!(parents.peek(&1), None);
    }
}

#[tokio::test]
async fn ten_thousand_parents_go_with_their_child() {
    let flow = alone().await;
    let children = cache(&flow, "children");
    let parents: Cache<u64, u64> = flow.cache("parents").max_entries(20_000).build().unwrap();
    load(&children, 0, 1).await;
    for key in 0..10_000 {
        let child = &children;
        let loaded = parents.get_or_load(&key, async || Ok::<_, Fault>(cached(child, 0).await));
        loaded.await.unwrap();
    }
    let _ = children.invalidate(&0).await.unwrap();
    for key in 0..10_000 {
        assert_eq!(parents.peek(&key), None, "{key}");
    }
}

/// What is made of too much to be forgotten by all of it is not kept.
#[tokio::test]
async fn a_value_of_too_many_parts_is_returned_and_not_kept() {
    let flow = alone().await;
    let (children, parents) = (cache(&flow, "children"), cache(&flow, "parents"));
    let grandparents = cache(&flow, "grandparents");
    let mut events = flow.events();
    let of = async |count: u64| {
        let loaded = parents.get_or_load(&count, async || {
            for key in 0..count {
                load(&children, key, key).await;
            }
            Ok::<_, Fault>(count)
        });
        loaded.await.unwrap()
    };
    of(1_000).await;
    assert!(parents.peek(&1_000).is_some());
    let loaded = grandparents.get_or_load(&1, async || Ok::<_, Fault>(of(1_001).await));
    loaded.await.unwrap();
    assert_eq!(parents.peek(&1_001), None);
    assert_eq!(
        grandparents.peek(&1),
        None,
        "it would not know its parts either"
    );
    let refused = |event: &Event| matches!(event, Event::MarksRefused { .. });
    assert!(waiting(&mut events).iter().any(refused));
}

#[tokio::test]
async fn followers_take_the_dependencies_over_too() {
    let flow = alone().await;
    let (children, parents) = (cache(&flow, "children"), cache(&flow, "parents"));
    let barrier = Arc::new(tokio::sync::Barrier::new(3));
    let mut tasks = Vec::new();
    for key in 0..2 {
        let (children, parents) = (children.clone(), parents.clone());
        let barrier = Arc::clone(&barrier);
        tasks.push(tokio::spawn(async move {
            let loaded = parents.get_or_load(&key, async || {
                let child = children.get_or_load(&7, async || {
                    barrier.wait().await;
                    Ok::<_, Fault>(10)
                });
                Ok::<_, Fault>(child.await.unwrap())
            });
            loaded.await.unwrap()
        }));
    }
    eventually("one leads and one follows", WITHIN, async || {
        children.stats().joined == 1
    })
    .await;
    tokio::join!(barrier.wait(), barrier.wait());
    for task in tasks {
        task.await.unwrap();
    }
    let depends = |key: u64| parents.peek(&key).unwrap().dependencies().to_vec();
    let child: FullKey = children.full_key(&7);
    assert_eq!([depends(0), depends(1)], [[child.clone()], [child]]);
}
