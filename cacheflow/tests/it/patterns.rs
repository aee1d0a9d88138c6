//! Forgetting by pattern, by cache and all, on every node.

use cacheflow::{Applied, Cache, CacheFlow};
use cacheflow_testkit::{Operation, eventually};

use crate::support::{Fault, HOUR, HeldLoad, WITHIN, alone, load, two_known_nodes, two_nodes};

fn texts(flow: &CacheFlow, name: &str) -> Cache<String, u64> {
    flow.cache(name).ttl(HOUR).build().unwrap()
}

async fn keep(cache: &Cache<String, u64>, keys: &[&str]) {
    for key in keys {
        let loaded = cache.get_or_load(*key, async || Ok::<_, Fault>(1));
        loaded.await.unwrap();
    }
}

fn left(cache: &Cache<String, u64>, keys: &[&str]) -> Vec<bool> {
    keys.iter().map(|key| cache.peek(*key).is_some()).collect()
}

#[tokio::test]
async fn a_pattern_forgets_what_it_matches_whole() {
    let keys = ["a", "ab", "b", "a*", "a?"];
    for (pattern, expected) in [
        ("user:a", [false, true, true, true, true]),
        ("user:a*", [false, false, true, false, false]),
        ("user:?", [false, true, false, true, true]),
        ("user:*", [false; 5]),
        ("*", [false; 5]),
        ("users:*", [true; 5]),
        ("user:[ab]", [true; 5]),
        ("user:a%2A", [true, true, true, false, true]),
    ] {
        let (server, one, two) = two_nodes().await;
        let (here, there) = (texts(&one.flow, "user"), texts(&two.flow, "user"));
        keep(&here, &keys).await;
        keep(&there, &keys).await;
        let applied = one.flow.invalidate().pattern(pattern).send().await.unwrap();
        assert_eq!(applied, Applied::Recorded);
        assert_eq!(left(&here, &keys), expected, "{pattern}");
        let heard = async || left(&there, &keys) == expected;
        eventually("the other node has heard", WITHIN, heard).await;
        one.reclaimed(1).await;
        let kept = expected.iter().filter(|kept| **kept).count();
        assert_eq!(server.names().len(), kept, "{pattern}");
    }
}

#[tokio::test]
async fn a_pattern_fences_loads_and_reaches_what_was_made_of_what_it_matches() {
    let (server, one, two) = two_known_nodes().await;
    let parents: Cache<u64, u64> = one.flow.cache("parents").build().unwrap();
    let children = texts(&one.flow, "user");
    let made = parents.get_or_load(&1, async || {
        keep(&children, &["a"]).await;
        Ok::<_, Fault>(1)
    });
    made.await.unwrap();
    let held = HeldLoad::begin(&one.cache, 1).await;
    for pattern in ["user:*", "numbers:*"] {
        let send = two
            .flow
            .invalidate()
            .pattern(pattern)
            .await_cluster(WITHIN)
            .send();
        assert_eq!(send.await.unwrap(), Applied::Everywhere);
    }
    assert_eq!(parents.peek(&1), None);
    held.end(10).await;
    assert_eq!(one.memory(1), None);
    let gone = async || server.names().is_empty();
    eventually("the store is swept", WITHIN, gone).await;
}

#[tokio::test]
async fn everything_goes_at_once_and_loads_are_fenced() {
    let (server, one, two) = two_known_nodes().await;
    let texts = texts(&one.flow, "user");
    keep(&texts, &["a"]).await;
    load(&one.cache, 1, 10).await;
    let held = HeldLoad::begin(&one.cache, 2).await;
    let reclaim = two.gate.hold_before(Operation::Reclaim);
    let send = two.flow.invalidate().all().await_cluster(WITHIN).send();
    assert_eq!(send.await.unwrap(), Applied::Everywhere);
    reclaim.reached().await;
    assert_eq!(server.names().len(), 2, "nothing is removed yet");
    assert_eq!(
        (texts.get("a").await, one.cache.get(&1).await),
        (None, None)
    );
    held.end(20).await;
    assert_eq!(one.cache.get(&2).await, None);
    reclaim.release();
    let gone = async || server.names().is_empty();
    eventually("the store is swept", WITHIN, gone).await;
}

#[tokio::test]
async fn a_cache_is_forgotten_by_name_with_what_was_made_of_it() {
    let (_server, one, two) = two_known_nodes().await;
    let children = texts(&one.flow, "user");
    let made = one.cache.get_or_load(&1, async || {
        keep(&children, &["a"]).await;
        Ok::<_, Fault>(1)
    });
    made.await.unwrap();
    load(&one.cache, 2, 2).await;
    // The node that forgets has no handle to it.
    let send = two
        .flow
        .invalidate()
        .cache("user")
        .await_cluster(WITHIN)
        .send();
    assert_eq!(send.await.unwrap(), Applied::Everywhere);
    assert_eq!(left(&children, &["a"]), [false]);
    assert_eq!((one.memory(1), one.memory(2)), (None, Some(2)));
}

#[tokio::test]
async fn several_subjects_are_one_change() {
    let (_server, one, two) = two_known_nodes().await;
    let tagged = one.cache.tagged(["t"]).unwrap();
    load(&tagged, 1, 1).await;
    load(&one.cache, 2, 2).await;
    load(&one.cache, 3, 3).await;
    let _ = two.recording.take();
    let send = two
        .flow
        .invalidate()
        .keys(["numbers:2"])
        .dependents_of("numbers:9")
        .tags(["t"])
        .pattern("other:*")
        .await_cluster(WITHIN);
    assert_eq!(send.send().await.unwrap(), Applied::Everywhere);
    assert_eq!(
        [1, 2, 3].map(|key| one.memory(key).is_some()),
        [false, false, true]
    );
    let calls = two.recording.take();
    assert!(
        calls
            .iter()
            .any(|call| *call == "record numbers:2 numbers:9 tag=t pattern=other:*"),
        "{calls:?}"
    );
}

#[tokio::test]
async fn what_is_local_only_stays_here() {
    let (server, one, two) = two_nodes().await;
    let tagged = |cache: &Cache<u64, u64>| cache.tagged(["t"]).unwrap();
    load(&tagged(&one.cache), 1, 1).await;
    load(&tagged(&two.cache), 1, 1).await;
    let held = HeldLoad::begin(&tagged(&one.cache), 2).await;
    let _ = one.recording.take();
    let send = one.flow.invalidate().tags(["t"]).local_only().send();
    assert_eq!(send.await.unwrap(), Applied::Local);
    assert_eq!((one.memory(1), two.memory(1)), (None, Some(1)));
    assert_eq!(server.names(), ["cacheflow:numbers:1"]);
    held.end(2).await;
    assert_eq!(one.memory(2), None, "it began before");
    let records = one.recording.take();
    assert!(
        records
            .iter()
            .all(|call| call.operation != Operation::Record)
    );
    assert_eq!(one.cache.get(&1).await, Some(1), "from the store");
}

#[tokio::test]
async fn nothing_named_is_nothing_forgotten() {
    let flow = alone().await;
    let cache: Cache<u64, u64> = flow.cache("numbers").build().unwrap();
    load(&cache, 1, 1).await;
    assert_eq!(flow.invalidate().send().await.unwrap(), Applied::Recorded);
    assert!(cache.peek(&1).is_some());
}
