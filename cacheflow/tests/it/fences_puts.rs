//! Puts: they survive the loads that they overtake, and where two race, nobody's
//! value is kept.

use std::sync::Mutex;

use cacheflow::{Applied, Cache};
use cacheflow_testkit::Operation;
use tokio::task::JoinHandle;

use crate::support::{HeldLoad, WITHIN, cached, caller, load, numbers, two_known_nodes, two_nodes};

/// A put in a task of its own.
fn putter(cache: &Cache<u64, u64>, value: u64) -> JoinHandle<()> {
    let cache = cache.clone();
    tokio::spawn(async move {
        let _ = cache.put(&1, value).await.unwrap();
    })
}

#[tokio::test]
async fn a_put_survives_the_load_that_it_overtakes() {
    let cache = numbers().await;
    let held = HeldLoad::begin(&cache, 1).await;
    let _ = cache.put(&1, 20).await.unwrap();
    assert_eq!(cached(&cache, 1).await, 20);
    assert_eq!(held.end(10).await, 10);
    assert_eq!(cached(&cache, 1).await, 20);
    assert_eq!(cache.under_way(), 0);
}

#[tokio::test]
async fn a_put_of_any_node_survives_a_load_on_both_levels() {
    let (server, one, two) = two_nodes().await;
    for (by_this_node, value) in [(true, 20), (false, 30)] {
        let held = HeldLoad::begin(&one.cache, 1).await;
        let node = if by_this_node { &one } else { &two };
        let _ = node.cache.put(&1, value).await.unwrap();
        one.nobody_under_way().await;
        assert_eq!(held.end(10).await, 10);
        assert_eq!(cached(&one.cache, 1).await, value);
        assert_eq!(cached(&two.cache, 1).await, value);
        assert_eq!(server.names(), ["cacheflow:numbers:1"]);
        let _ = one.cache.invalidate(&1).await.unwrap();
        two.forgotten(1).await;
    }
}

/// The loading node has not heard of the put: the store refuses.
#[tokio::test]
async fn a_put_survives_a_fill_of_a_node_that_has_not_heard_of_it() {
    let (_server, one, two) = two_nodes().await;
    let fill = one.gate.hold_before(Operation::Fill);
    let loading = caller(&one.cache, 1, 10);
    fill.reached().await;
    let heard = one.gate.hold_before(Operation::Heard);
    let _ = two.cache.put(&1, 20).await.unwrap();
    fill.release();
    assert_eq!(loading.await.unwrap(), 10);
    assert_eq!(one.memory(1), None);
    assert_eq!(cached(&one.cache, 1).await, 20);
    drop(heard);
}

/// The first level holds a newer value than what a reader brings.
#[tokio::test]
async fn a_put_is_not_replaced_by_an_older_value_of_the_store() {
    let (_server, one, two) = two_nodes().await;
    load(&two.cache, 1, 10).await;
    let get = one.gate.hold_after(Operation::Get);
    let reading = caller(&one.cache, 1, 99);
    get.reached().await;
    let _ = one.cache.put(&1, 20).await.unwrap();
    assert_eq!(one.memory(1), Some(20));
    get.release();
    // What was on its way is old by the time it arrives.
    assert_eq!(reading.await.unwrap(), 99);
    assert_eq!(one.memory(1), Some(20));
}

#[tokio::test]
async fn other_nodes_drop_what_they_hold_of_a_key_that_is_put() {
    let (_server, one, two) = two_nodes().await;
    load(&one.cache, 1, 10).await;
    assert_eq!(cached(&two.cache, 1).await, 10);
    let _ = two.cache.put(&1, 20).await.unwrap();
    assert_eq!(two.memory(1), Some(20), "the writer keeps its own");
    one.forgotten(1).await;
    assert_eq!(cached(&one.cache, 1).await, 20);
}

/// The writer's own record comes back to it before the answer of its put.
#[tokio::test]
async fn a_put_is_kept_in_memory_although_the_bus_is_faster_than_its_answer() {
    let (server, one, _two) = two_nodes().await;
    let put = one.gate.hold_after(Operation::Put);
    let heard = one.gate.hold_after(Operation::Heard);
    let putting = putter(&one.cache, 20);
    put.reached().await;
    heard.reached().await;
    put.release();
    putting.await.unwrap();
    assert_eq!(one.memory(1), Some(20));
    assert_eq!(server.names(), ["cacheflow:numbers:1"]);
    heard.release();
}

/// The node stands behind its own record before it has the answer: from there on
/// the store does not look at that record for it any more.
#[tokio::test]
async fn a_put_survives_a_load_that_ends_between_its_record_and_its_answer() {
    let (_server, one, two) = two_nodes().await;
    let held = HeldLoad::begin(&one.cache, 1).await;
    let put = one.gate.hold_after(Operation::Put);
    let heard = one.gate.hold_after(Operation::Heard);
    let putting = putter(&one.cache, 20);
    put.reached().await;
    heard.reached().await;
    assert_eq!(held.end(10).await, 10);
    assert_eq!(cached(&two.cache, 1).await, 20, "the load replaced the put");
    put.release();
    putting.await.unwrap();
    assert_eq!(one.memory(1), Some(20));
    heard.release();
}

/// The other's record comes before the answer of this node's own put.
#[tokio::test]
async fn a_put_that_another_overtook_before_its_answer_does_not_reach_memory() {
    let (server, one, two) = two_nodes().await;
    let others = two.gate.hold_before(Operation::Put);
    let overtaking = putter(&two.cache, 20);
    others.reached().await;
    let put = one.gate.hold_after(Operation::Put);
    let own_record = one.gate.hold_after(Operation::Heard);
    let putting = putter(&one.cache, 10);
    put.reached().await;
    own_record.reached().await;
    let others_record = one.gate.hold_after(Operation::Heard);
    own_record.release();
    others.release();
    overtaking.await.unwrap();
    others_record.reached().await;
    put.release();
    putting.await.unwrap();
    assert_eq!((one.memory(1), two.memory(1)), (None, None));
    assert_eq!(server.names(), [""; 0]);
}

/// Two writers whose puts overlap: in whichever order they arrive.
#[tokio::test]
async fn of_two_puts_that_race_on_two_nodes_none_is_kept() {
    for reversed in [false, true] {
        let (server, one, two) = two_nodes().await;
        let (first, second) = if reversed { (&two, &one) } else { (&one, &two) };
        let puts = [first, second].map(|node| node.gate.hold_before(Operation::Put));
        let putting = [putter(&first.cache, 10), putter(&second.cache, 20)];
        for put in &puts {
            put.reached().await;
        }
        for (put, putting) in puts.into_iter().zip(putting) {
            put.release();
            putting.await.unwrap();
        }
        assert_eq!(
            server.names(),
            [""; 0],
            "nobody knows whose value is the newest"
        );
        assert_eq!(second.memory(1), None);
        first.forgotten(1).await;
        assert_eq!(load(&first.cache, 1, 30).await, 30);
        assert_eq!(cached(&second.cache, 1).await, 30);
    }
}

/// The second is sent before the first's answer is there, on one node.
#[tokio::test]
async fn of_two_puts_that_race_on_one_node_none_is_kept() {
    for answers_reversed in [false, true] {
        let (server, one, two) = two_nodes().await;
        let first_sent = one.gate.hold_before(Operation::Put);
        let first = putter(&one.cache, 10);
        first_sent.reached().await;
        let second_sent = one.gate.hold_before(Operation::Put);
        let second = putter(&one.cache, 20);
        second_sent.reached().await;

        let first_answered = one.gate.hold_after(Operation::Put);
        first_sent.release();
        first_answered.reached().await;
        let second_answered = one.gate.hold_after(Operation::Put);
        second_sent.release();
        second_answered.reached().await;
        if answers_reversed {
            second_answered.release();
            second.await.unwrap();
            first_answered.release();
            first.await.unwrap();
        } else {
            first_answered.release();
            first.await.unwrap();
            second_answered.release();
            second.await.unwrap();
        }
        assert_eq!((one.memory(1), server.names().len()), (None, 0));
        assert_eq!(
            (one.cache.get(&1).await, two.cache.get(&1).await),
            (None, None)
        );
        assert_eq!(one.cache.under_way(), 0);
    }
}

/// Before the store: it sees the conflict. After it: the value is removed again.
#[tokio::test]
async fn a_put_during_which_its_key_is_forgotten_is_kept_nowhere() {
    for after in [false, true] {
        for heard_first in [false, true] {
            let (server, one, two) = two_nodes().await;
            let put = match after {
                false => one.gate.hold_before(Operation::Put),
                true => one.gate.hold_after(Operation::Put),
            };
            let putting = putter(&one.cache, 10);
            put.reached().await;
            // Its own record, if there is one yet, and the other node's.
            let heard = (!heard_first).then(|| one.gate.hold_before(Operation::Heard));
            let _ = two.cache.invalidate(&1).await.unwrap();
            if heard_first {
                one.nobody_under_way().await;
            }
            put.release();
            putting.await.unwrap();
            drop(heard);
            one.forgotten(1).await;
            assert_eq!(
                server.names(),
                [""; 0],
                "after: {after}, heard: {heard_first}"
            );
            assert_eq!(one.cache.get(&1).await, None);
        }
    }
}

#[tokio::test]
async fn a_put_during_which_its_cache_is_cleared_is_kept_nowhere() {
    let (server, one, two) = two_nodes().await;
    let put = one.gate.hold_before(Operation::Put);
    let putting = putter(&one.cache, 10);
    put.reached().await;
    let _ = two.cache.clear().await.unwrap();
    put.release();
    putting.await.unwrap();
    one.forgotten(1).await;
    assert_eq!((one.cache.get(&1).await, server.names().len()), (None, 0));
}

/// The store sees the conflict; nobody cancels the put, whose key was not named.
#[tokio::test]
async fn a_put_during_which_its_tag_is_forgotten_is_kept_nowhere() {
    for heard_first in [false, true] {
        let (server, one, two) = two_known_nodes().await;
        let put = one.gate.hold_before(Operation::Put);
        let putting = putter(&one.cache.tagged(["t"]).unwrap(), 10);
        put.reached().await;
        let heard = (!heard_first).then(|| one.gate.hold_before(Operation::Heard));
        let send = two.flow.invalidate().tags(["t"]);
        match heard_first {
            true => drop(send.await_cluster(WITHIN).send().await.unwrap()),
            false => drop(send.send().await.unwrap()),
        }
        put.release();
        putting.await.unwrap();
        assert_eq!((one.memory(1), server.names().len()), (None, 0));
        drop(heard);
    }
}

/// The put stands where it began, not where its value has been encoded: a tag
/// function may take its time while others apply what was forgotten.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_put_during_whose_encoding_its_key_is_forgotten_is_kept_nowhere() {
    let (server, one, two) = two_known_nodes().await;
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    let (go, gone) = std::sync::mpsc::channel();
    let steps = Mutex::new(Some((begun, gone)));
    let slow = move |_: &u64| {
        let (begun, gone) = steps.lock().unwrap().take().expect("one put");
        begun.send(()).unwrap();
        tokio::task::block_in_place(|| gone.recv().unwrap());
        Vec::<String>::new()
    };
    let cache: Cache<u64, u64> = one.flow.cache("slow").tags(slow).build().unwrap();
    let putting = putter(&cache, 10);
    has_begun.await.unwrap();
    let send = two.flow.invalidate().keys(["slow:1"]).await_cluster(WITHIN);
    assert_eq!(send.send().await.unwrap(), Applied::Everywhere);
    go.send(()).unwrap();
    putting.await.unwrap();
    assert_eq!((cache.peek(&1), server.names().len()), (None, 0));
}

/// It was committed; its caller is gone; the others must hear of it all the same.
#[tokio::test]
async fn a_change_whose_caller_is_cancelled_runs_to_its_end() {
    let (server, one, two) = two_nodes().await;
    load(&two.cache, 1, 10).await;
    let forget = one.gate.hold_before(Operation::Record);
    let forgetting = tokio::spawn({
        let cache = one.cache.clone();
        async move { drop(cache.invalidate(&1).await) }
    });
    forget.reached().await;
    forgetting.abort();
    assert!(forgetting.await.unwrap_err().is_cancelled());
    forget.release();
    two.forgotten(1).await;

    let put = one.gate.hold_before(Operation::Put);
    let putting = putter(&one.cache, 20);
    put.reached().await;
    putting.abort();
    put.release();
    one.nobody_under_way().await;
    assert_eq!(server.names(), ["cacheflow:numbers:1"]);
    assert_eq!(cached(&two.cache, 1).await, 20);
}
