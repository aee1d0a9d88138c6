//! What goes along with what it was made of where nothing but the declaration, or
//! the store, tells of it; and until when it lives.

use std::time::Duration;

use cacheflow::clock::Clock;
use cacheflow::{Applied, Cache, CacheFlow, cached};
use cacheflow_testkit::{MemoryBackend, Operation, eventually};

use crate::support::{
    Fault, HOUR, HeldLoad, Node, WITHIN, alone, cached as kept, load, two_known_nodes, two_nodes,
};

const MINUTE: Duration = Duration::from_secs(60);

fn cache(flow: &CacheFlow, name: &str) -> Cache<u64, u64> {
    flow.cache(name).ttl(HOUR).ttl_jitter(0.0).build().unwrap()
}

/// Loads 1 of `parent` as the sum of `keys` of `child`.
async fn load_from(parent: &Cache<u64, u64>, child: &Cache<u64, u64>, keys: &[u64]) -> u64 {
    let loaded = parent.get_or_load(&1, async || {
        let mut sum = 0;
        for key in keys {
            sum += kept(child, *key).await;
        }
        Ok::<_, Fault>(sum)
    });
    loaded.await.unwrap()
}

/// Two nodes on a server whose clock is moved by hand, as theirs is.
async fn two_by_hand(clock: &Clock) -> (MemoryBackend, Node, Node) {
    let server = MemoryBackend::with_clock(clock.clone());
    let one = Node::silent(&server, |flow| flow.clock(clock.clone())).await;
    let two = Node::silent(&server, |flow| flow.clock(clock.clone())).await;
    one.subscribed().await;
    two.subscribed().await;
    (server, one, two)
}

/// What the store gives comes with what it is forgotten by.
#[tokio::test]
async fn a_value_of_the_store_is_a_dependency_with_its_tags() {
    let (_server, one, two) = two_nodes().await;
    load(&cache(&one.flow, "children").tagged(["t"]).unwrap(), 1, 10).await;
    for read in ["get_or_load", "lookup"] {
        let children = cache(&two.flow, "children");
        let parents = cache(&two.flow, read);
        let loaded = parents.get_or_load(&1, async || {
            let value = match read {
                "lookup" => children.lookup(&1).await.found().unwrap().value,
                _ => kept(&children, 1).await,
            };
            Ok::<_, Fault>(value)
        });
        assert_eq!(loaded.await.unwrap(), 10);
        let found = parents.peek(&1).unwrap();
        assert_eq!(found.dependencies(), [children.full_key(&1)], "{read}");
        assert_eq!(found.tags()[0].as_str(), "t", "{read}");
        // From the store once more.
        let send = two.flow.invalidate().keys(["children:1"]).local_only();
        assert_eq!(send.send().await.unwrap(), Applied::Local);
    }
}

/// It would be stored for no time at all.
#[tokio::test]
async fn a_parent_whose_child_has_ended_meanwhile_is_kept_nowhere() {
    let clock = Clock::manual();
    let (_server, one, _two) = two_by_hand(&clock).await;
    let children: Cache<u64, u64> = one
        .flow
        .cache("children")
        .ttl(MINUTE)
        .ttl_jitter(0.0)
        .build()
        .unwrap();
    load(&children, 1, 10).await;
    let _ = one.recording.take();
    let parents = cache(&one.flow, "parents");
    let loaded = parents.get_or_load(&1, async || {
        let value = kept(&children, 1).await;
        clock.advance(MINUTE);
        Ok::<_, Fault>(value)
    });
    assert_eq!(loaded.await.unwrap(), 10);
    assert_eq!(parents.peek(&1), None);
    assert_eq!(one.recording.take(), ["get parents:1"]);
}

#[tokio::test]
async fn a_parent_of_a_value_of_the_store_ends_with_it() {
    let clock = Clock::manual();
    let (_server, one, two) = two_by_hand(&clock).await;
    let children = |node: &Node| -> Cache<u64, u64> {
        node.flow
            .cache("children")
            .ttl(MINUTE)
            .ttl_jitter(0.0)
            .build()
            .unwrap()
    };
    load(&children(&one), 1, 10).await;
    clock.advance(MINUTE / 2);
    let parents = cache(&two.flow, "parents");
    load_from(&parents, &children(&two), &[1]).await;
    clock.advance(MINUTE / 2 - Duration::from_millis(1));
    assert!(parents.peek(&1).is_some());
    clock.advance(Duration::from_millis(1));
    assert_eq!(parents.get(&1).await, None);
}

#[tokio::test]
async fn a_parent_ends_with_the_first_of_its_children_in_whatever_order_they_are_read() {
    for order in [[1, 2], [2, 1]] {
        let clock = Clock::manual();
        let builder = CacheFlow::builder().clock(clock.clone());
        let flow = builder.build().await.unwrap();
        let children: Cache<u64, u64> = flow
            .cache("children")
            .ttl(MINUTE)
            .ttl_jitter(0.0)
            .build()
            .unwrap();
        load(&children, 1, 10).await;
        clock.advance(MINUTE / 2);
        load(&children, 2, 20).await;
        let parents = cache(&flow, "parents");
        load_from(&parents, &children, &order).await;
        clock.advance(MINUTE / 2);
        assert_eq!(parents.peek(&1), None, "{order:?}");
    }
}

/// Of the one in the middle nothing is left, on this node nothing ever was: the
/// parent itself has to know what it was made of.
#[tokio::test]
async fn a_parent_that_outlives_its_child_goes_with_its_grandchild() {
    let clock = Clock::manual();
    let (server, one, two) = two_by_hand(&clock).await;
    let grandchildren = cache(&one.flow, "grandchildren");
    let children: Cache<u64, u64> = one
        .flow
        .cache("children")
        .ttl(MINUTE)
        .ttl_jitter(0.0)
        .build()
        .unwrap();
    let parents = |node: &Node| -> Cache<u64, u64> {
        let builder = node.flow.cache("parents").ttl(HOUR).ttl_jitter(0.0);
        builder.outlive_dependencies(true).build().unwrap()
    };
    load(&grandchildren, 1, 10).await;
    load_from(&children, &grandchildren, &[1]).await;
    load_from(&parents(&one), &children, &[1]).await;
    assert_eq!(kept(&parents(&two), 1).await, 10);
    clock.advance(MINUTE);
    assert_eq!(children.get(&1).await, None);
    assert_eq!(server.names().len(), 2);
    let key = grandchildren.full_key(&1);
    let send = two.flow.invalidate().keys([key.as_str()]).send();
    assert_eq!(send.await.unwrap(), Applied::Recorded);
    assert_eq!(parents(&two).get(&1).await, None);
    assert_eq!(server.names(), [""; 0]);
}

#[tokio::test]
async fn what_was_put_again_without_its_dependency_depends_no_more() {
    let flow = alone().await;
    let (children, parents) = (cache(&flow, "children"), cache(&flow, "parents"));
    let child = children.full_key(&1);
    let _ = parents
        .depends_on([child.clone()])
        .put(&1, 1)
        .await
        .unwrap();
    let dependents = async || flow.dependents_of(&child).await.unwrap();
    assert_eq!(dependents().await, [parents.full_key(&1)]);
    let _ = parents.put(&1, 2).await.unwrap();
    // Memory lets go of what was replaced by and by.
    eventually("it depends no more", WITHIN, async || {
        let _ = parents.put(&2, 2).await.unwrap();
        let _ = parents.stats();
        dependents().await.is_empty()
    })
    .await;
}

/// A put carries what its handle gives, as a load does.
#[tokio::test]
async fn what_is_put_goes_by_what_its_handle_declares() {
    let (server, one, two) = two_known_nodes().await;
    for by_tag in [true, false] {
        let handle = match by_tag {
            true => one.cache.tagged(["t"]).unwrap(),
            false => one.cache.depends_on([one.cache.full_key(&9)]),
        };
        let _ = handle.put(&1, 10).await.unwrap();
        let send = match by_tag {
            true => two.flow.invalidate().tags(["t"]),
            false => two.flow.invalidate().keys(["numbers:9"]),
        };
        let applied = send.await_cluster(WITHIN).send().await.unwrap();
        assert_eq!(applied, Applied::Everywhere);
        assert_eq!(one.memory(1), None, "by tag: {by_tag}");
        let gone = async || server.names().is_empty();
        eventually("the store has removed it", WITHIN, gone).await;
    }
}

/// The child goes by its tag, which the parent does not carry.
#[tokio::test]
async fn what_is_forgotten_here_alone_takes_along_what_was_declared_to_depend_on_it() {
    let flow = alone().await;
    let (children, parents) = (cache(&flow, "children"), cache(&flow, "parents"));
    let (children, parents) = (
        children.tagged(["t"]).unwrap(),
        parents.depends_on([children.full_key(&1)]),
    );
    load(&children, 1, 10).await;
    load(&parents, 1, 10).await;
    let held = HeldLoad::begin(&parents, 2).await;
    let send = flow.invalidate().tags(["t"]).local_only().send();
    assert_eq!(send.await.unwrap(), Applied::Local);
    assert_eq!((children.peek(&1), parents.peek(&1)), (None, None));
    held.end(10).await;
    assert_eq!(parents.peek(&2), None, "it began before");
}

/// The same on a node that has the parent and never had the child: only the store
/// knows that the child carries the tag.
#[tokio::test]
async fn what_the_store_removes_by_a_tag_takes_along_what_was_declared_to_depend_on_it() {
    let (server, one, two) = two_nodes().await;
    let children = cache(&one.flow, "children").tagged(["t"]).unwrap();
    load(&children, 1, 10).await;
    let parents = cache(&two.flow, "parents").depends_on([children.full_key(&1)]);
    load(&parents, 1, 10).await;
    let send = one.flow.invalidate().tags(["t"]).send();
    assert_eq!(send.await.unwrap(), Applied::Recorded);
    let gone = async || parents.peek(&1).is_none() && server.names().is_empty();
    eventually("the parent is gone", WITHIN, gone).await;
}

/// The store could not be told: here at least nothing is served that was made of
/// the old value, or is kept that is being made of it.
#[tokio::test]
async fn a_child_whose_put_fails_takes_its_parents_along_on_its_own_node() {
    let (_server, one, _two) = two_nodes().await;
    let (children, parents) = (cache(&one.flow, "children"), cache(&one.flow, "parents"));
    load(&children, 1, 10).await;
    load_from(&parents, &children, &[1]).await;
    let held = HeldLoad::begin(&parents.depends_on([children.full_key(&1)]), 2).await;
    // Nor can it be told later.
    one.failing.fail(Operation::Put);
    one.failing.fail(Operation::Record);
    assert_eq!(children.put(&1, 20).await.unwrap(), Applied::Local);
    assert_eq!(children.peek(&1).map(|found| found.value), Some(20));
    assert_eq!(parents.peek(&1), None);
    held.end(10).await;
    assert_eq!(parents.peek(&2), None, "it began before");
}

/// Finds nothing.
#[cached(cache = "missing", key = "{id}", flow = flow)]
async fn missing(flow: &CacheFlow, id: u64) -> Option<u64> {
    None
}

#[tokio::test]
async fn that_an_attributed_function_finds_nothing_is_a_dependency() {
    let flow = alone().await;
    let (absent, parents) = (cache(&flow, "missing"), cache(&flow, "parents"));
    let loaded = parents.get_or_load(&1, async || {
        Ok::<_, Fault>(missing(&flow, 1).await.unwrap_or(0))
    });
    assert_eq!(loaded.await.unwrap(), 0);
    assert!(parents.peek(&1).is_some());
    let _ = absent.put(&1, 10).await.unwrap();
    assert_eq!(parents.peek(&1), None);
}
