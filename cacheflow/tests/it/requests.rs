//! One request reads a value once, also where memory is not asked.

use std::cell::Cell;
use std::time::Duration;

use cacheflow::{Cache, Strategy};
use cacheflow_testkit::{MemoryBackend, Operation, eventually};
use tokio::sync::Barrier;

use crate::support::{HOUR, Node, WITHIN, alone, load, two_nodes};
use crate::timed::{MINUTE, World};

fn aside(node: &Node) -> Cache<u64, u64> {
    let cache = node.flow.cache("aside").strategy(Strategy::cache_aside());
    cache.build().unwrap()
}

/// A node whose memory may not be served, and whose store does not answer.
async fn cut_off() -> (MemoryBackend, Node) {
    let server = MemoryBackend::new();
    let node = Node::silent(&server, |flow| flow.max_staleness(Duration::from_secs(1))).await;
    node.subscribed().await;
    for operation in [
        Operation::Get,
        Operation::Fill,
        Operation::Ping,
        Operation::Since,
    ] {
        node.failing.fail(operation);
    }
    for operation in [
        Operation::Heard,
        Operation::Alive,
        Operation::Subscribed,
        Operation::Listen,
    ] {
        node.failing.fail(operation);
    }
    server.disconnect();
    eventually("memory is not trusted", WITHIN, async || {
        !node.flow.health().memory_is_trusted
    })
    .await;
    (server, node)
}

#[tokio::test]
async fn without_a_store_to_ask_a_request_loads_once_and_others_for_themselves() {
    let (_server, node) = cut_off().await;
    let cache = &node.cache;
    assert_eq!(
        (load(cache, 1, 10).await, load(cache, 1, 11).await),
        (10, 11)
    );
    let loads = cache.stats().loads;
    node.flow
        .request_scope(async {
            for value in 20..30 {
                assert_eq!(load(cache, 1, value).await, 20);
                assert_eq!(load(cache, 2, value + 100).await, 120);
            }
            let refreshed = cache.get_or_refresh(&1, || async { Ok::<_, String>(99) });
            assert_eq!(refreshed.await.unwrap(), 20);
            let entry = cache.entry(&1).load(async |_| Ok::<_, String>(99));
            assert_eq!(entry.await.unwrap().value, 20);
        })
        .await;
    assert_eq!(cache.stats().loads, loads + 2);
    // The next request, and who is in none, know nothing of it.
    node.flow
        .request_scope(async { assert_eq!(load(cache, 1, 30).await, 30) })
        .await;
    assert_eq!(load(cache, 1, 40).await, 40);
}

#[tokio::test]
async fn a_request_asks_the_store_once_for_a_value_and_counts_its_hits() {
    let (_server, one, _two) = two_nodes().await;
    let cache = aside(&one);
    let _ = cache.put(&1, 10).await.unwrap();
    let before = cache.stats();
    let _ = one.recording.take();
    one.flow
        .request_scope(async {
            for _ in 0..5 {
                assert_eq!(load(&cache, 1, 99).await, 10);
            }
        })
        .await;
    assert_eq!(one.recording.take(), ["get aside:1"]);
    let stats = cache.stats();
    assert_eq!(stats.shared_hits - before.shared_hits, 1);
    assert_eq!(stats.memory_hits - before.memory_hits, 4);
    assert_eq!(load(&cache, 1, 99).await, 10);
    assert_eq!(one.recording.take(), ["get aside:1"]);
}

#[tokio::test]
async fn what_is_forgotten_on_this_node_is_read_anew_by_the_same_request() {
    let (_server, one, _two) = two_nodes().await;
    let cache = aside(&one);
    let parents: Cache<u64, u64> = one.flow.cache("parents").build().unwrap();
    let tagged = cache.tagged(["org:3"]).unwrap();
    for how in ["key", "put", "tag", "clear", "pattern", "all", "parent"] {
        let read = async |value| {
            let loader = async || {
                load(&parents, 1, 1).await;
                Ok::<_, String>(value)
            };
            tagged.get_or_load(&1, loader).await.unwrap()
        };
        let forget = || one.flow.invalidate();
        one.flow
            .request_scope(async {
                assert_eq!((read(10).await, read(11).await), (10, 10), "{how}");
                match how {
                    "key" => drop(cache.invalidate(&1).await.unwrap()),
                    "put" => drop(cache.put(&1, 12).await.unwrap()),
                    "tag" => drop(forget().tags(["org:3"]).send().await.unwrap()),
                    "clear" => drop(cache.clear().await.unwrap()),
                    "pattern" => drop(forget().pattern("aside:*").send().await.unwrap()),
                    "all" => drop(forget().all().send().await.unwrap()),
                    _ => drop(parents.invalidate(&1).await.unwrap()),
                }
                assert_eq!((read(12).await, read(13).await), (12, 12), "{how}");
            })
            .await;
        let _ = cache.invalidate(&1).await.unwrap();
    }
}

/// As soon as the node has heard.
#[tokio::test]
async fn what_another_node_forgets_is_read_anew_by_a_request_under_way() {
    let (_server, one, two) = two_nodes().await;
    let (cache, others) = (aside(&one), aside(&two));
    one.flow
        .request_scope(async {
            assert_eq!(load(&cache, 1, 10).await, 10);
            let _ = others.put(&1, 20).await.unwrap();
            eventually("the request has heard", WITHIN, async || {
                load(&cache, 1, 99).await == 20
            })
            .await;
        })
        .await;
}

/// What was forgotten while it was read is good for who came before, and for nobody
/// after.
#[tokio::test]
async fn what_is_forgotten_while_a_request_loads_it_is_loaded_anew() {
    let (_server, one, _two) = two_nodes().await;
    let cache = aside(&one);
    one.flow
        .request_scope(async {
            let loader = async || {
                let _ = cache.invalidate(&1).await.unwrap();
                Ok::<_, String>(10)
            };
            assert_eq!(cache.get_or_load(&1, loader).await.unwrap(), 10);
            assert_eq!(load(&cache, 1, 11).await, 11);
        })
        .await;
}

#[tokio::test]
async fn requests_at_the_same_time_and_tasks_outside_know_nothing_of_one_another() {
    let (_server, node) = cut_off().await;
    let both_have_read = Barrier::new(2);
    let request = async |value: u64| {
        let work = async {
            let first = load(&node.cache, 1, value).await;
            let second = load(&node.cache, 1, value + 50).await;
            both_have_read.wait().await;
            let other = node.cache.clone();
            let outside = tokio::spawn(async move { load(&other, 1, value + 7).await });
            (
                first,
                second,
                outside.await.unwrap(),
                load(&node.cache, 1, 99).await,
            )
        };
        node.flow.request_scope(work).await
    };
    let (one, two) = tokio::join!(request(10), request(20));
    assert_eq!((one, two), ((10, 10, 17, 10), (20, 20, 27, 20)));
}

#[tokio::test]
async fn requests_of_two_flows_do_not_mix() {
    let server = MemoryBackend::new();
    let one = Node::on(&server).await;
    // Another namespace: the same names are other values.
    let two = Node::silent(&server, |flow| flow.namespace("other")).await;
    two.subscribed().await;
    let (first, second) = (aside(&one), aside(&two));
    let work = async {
        assert_eq!(load(&first, 1, 10).await, 10);
        let inner = async {
            assert_eq!(load(&second, 1, 20).await, 20);
            assert_eq!(load(&first, 1, 11).await, 10);
            assert_eq!(load(&second, 1, 21).await, 20);
        };
        two.flow.request_scope(inner).await;
        assert_eq!(
            (load(&first, 1, 12).await, load(&second, 1, 22).await),
            (10, 20)
        );
    };
    one.flow.request_scope(work).await;
}

#[tokio::test]
async fn a_request_of_another_flow_remembers_nothing_of_this_one() {
    let (_server, node) = cut_off().await;
    let other = alone().await;
    let work = async {
        assert_eq!(load(&node.cache, 1, 10).await, 10);
        assert_eq!(load(&node.cache, 1, 11).await, 11);
    };
    other.request_scope(work).await;
}

#[tokio::test]
async fn a_request_within_a_request_has_its_own_and_leaves_the_outer_as_it_is() {
    let (_server, node) = cut_off().await;
    let cache = &node.cache;
    let work = async {
        assert_eq!(load(cache, 1, 10).await, 10);
        node.flow
            .request_scope(async { assert_eq!(load(cache, 1, 20).await, 20) })
            .await;
        assert_eq!(load(cache, 1, 30).await, 10);
    };
    node.flow.request_scope(work).await;
}

#[tokio::test]
async fn an_error_is_not_remembered_and_a_call_that_reads_no_memory_does_not_ask_the_request() {
    let (_server, node) = cut_off().await;
    let cache = &node.cache;
    let work = async {
        let failed = cache
            .get_or_load(&1, async || Err::<u64, _>("no rows"))
            .await;
        assert!(failed.is_err());
        assert_eq!(load(cache, 1, 10).await, 10);
        let call = cache.entry(&1).reload().load(async |_| Ok::<_, String>(20));
        assert_eq!(call.await.unwrap().value, 20);
        // From here on the request goes by what it has read last.
        assert_eq!(load(cache, 1, 30).await, 20);
    };
    node.flow.request_scope(work).await;
}

#[tokio::test]
async fn what_a_request_knows_is_a_part_of_what_is_made_of_it() {
    let world = World::new(|it| it.ttl(HOUR).strategy(Strategy::cache_aside())).await;
    let cache = &world.caches[0];
    let flow = &world.nodes[0].flow;
    let parents: Cache<u64, u64> = flow.cache("made").ttl(HOUR).build().unwrap();
    let work = async {
        assert_eq!(load(cache, 1, 10).await, 10);
        let loader = async || Ok::<_, String>(load(cache, 1, 99).await + 1);
        assert_eq!(parents.get_or_load(&1, loader).await.unwrap(), 11);
    };
    flow.request_scope(work).await;
    let _ = cache.invalidate(&1).await.unwrap();
    assert_eq!(parents.get(&1).await, None);
}

/// "Read and loaded once, however often it is asked for": by whatever call, and also
/// what is not there.
#[tokio::test]
async fn a_request_asks_once_for_what_is_read_without_a_loader() {
    let (_server, one, _two) = two_nodes().await;
    let cache = aside(&one);
    let _ = cache.put(&1, 10).await.unwrap();
    let _ = one.recording.take();
    let work = async {
        assert_eq!(load(&cache, 1, 99).await, 10);
        assert_eq!(cache.get(&1).await, Some(10));
        assert!(cache.lookup(&1).await.found().is_some());
    };
    one.flow.request_scope(work).await;
    assert_eq!(one.recording.take(), ["get aside:1"]);
}

/// By what it is forgotten is not known there.
#[tokio::test]
async fn a_request_asks_anew_for_what_does_not_exist() {
    let (_server, node) = cut_off().await;
    let asked = Cell::new(0);
    let cache: Cache<u64, u64> = node.flow.cache("none").cache_none(MINUTE).build().unwrap();
    let work = async {
        for _ in 0..3 {
            let loader = async || {
                asked.set(asked.get() + 1);
                Ok::<Option<u64>, String>(None)
            };
            assert_eq!(cache.get_or_load_optional(&1, loader).await.unwrap(), None);
        }
    };
    node.flow.request_scope(work).await;
    assert_eq!(asked.get(), 3);
}
