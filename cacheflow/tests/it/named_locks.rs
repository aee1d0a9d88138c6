//! Locks by name: one has it at a time, as long as its lease lasts.

use std::time::Duration;

use cacheflow::{CacheFlow, ErrorKind, LockGuard, NamedLock};
use cacheflow_testkit::{Operation, eventually};

use crate::strategic::{Count, SECOND, by_hand, ends, nodes};
use crate::support::{HOUR, WITHIN, alone, assert_parts};

const LEASE: Duration = Duration::from_secs(30);

async fn take(lock: &NamedLock) -> LockGuard {
    lock.try_acquire().await.unwrap().expect("nobody has it")
}

async fn is_taken(lock: &NamedLock) -> bool {
    lock.try_acquire().await.unwrap().is_none()
}

/// Waits until nobody has it, and takes it.
async fn taken_at_last(lock: &NamedLock) {
    let mut guard = None;
    eventually("it was given back", WITHIN, async || {
        guard = lock.try_acquire().await.unwrap();
        guard.is_some()
    })
    .await;
    guard.unwrap().release().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_who_want_it_one_has_it_at_a_time() {
    let flow = alone().await;
    let (inside, done) = (Count::default(), Count::default());
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let (lock, inside, done) = (flow.lock("a", HOUR), inside.clone(), done.clone());
            tokio::spawn(async move {
                let guard = lock.acquire_within(HOUR).await.unwrap().expect("in time");
                assert_eq!(inside.add(), 1);
                tokio::task::yield_now().await;
                assert!(guard.is_held());
                inside.sub();
                done.add();
                assert!(guard.release().await);
            })
        })
        .collect();
    for task in tasks {
        ends("one of them", task).await.unwrap();
    }
    assert_eq!(done.get(), 20);
}

#[tokio::test]
async fn one_of_all_nodes_has_it_and_each_name_is_another() {
    let (_server, _clock, [one, two]) = nodes().await;
    let (here, there) = (one.flow.lock("a", LEASE), two.flow.lock("a", LEASE));
    let guard = take(&here).await;
    assert!(is_taken(&here).await && is_taken(&there).await);
    let other = take(&two.flow.lock("b", LEASE)).await;
    assert!(guard.release().await);
    let guard = take(&there).await;
    assert!(is_taken(&here).await);
    assert!(guard.release().await && other.release().await);
    // A flow that shares nothing has its own.
    let guard = take(&here).await;
    assert!(!is_taken(&alone().await.lock("a", LEASE)).await);
    drop(guard);
}

#[tokio::test]
async fn who_waits_is_woken_when_it_is_given_back() {
    let (flow, _clock) = by_hand().await;
    let lock = flow.lock("a", LEASE);
    let guard = take(&lock).await;
    let waiting = {
        let lock = lock.clone();
        tokio::spawn(async move { lock.acquire_within(HOUR).await.unwrap().is_some() })
    };
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished());
    assert!(guard.release().await);
    assert!(ends("who waits", waiting).await.unwrap());
}

#[tokio::test]
async fn who_is_not_patient_gets_none() {
    let flow = alone().await;
    let lock = flow.lock("a", LEASE);
    let guard = take(&lock).await;
    for patience in [Duration::ZERO, Duration::from_millis(5)] {
        let none = ends("a short wait", lock.acquire_within(patience)).await;
        assert!(none.unwrap().is_none());
    }
    assert!(guard.release().await);
    let some = lock.acquire_within(Duration::ZERO).await.unwrap();
    assert!(some.is_some(), "without waiting");
}

#[tokio::test]
async fn a_lease_that_is_over_is_anothers_and_its_holder_knows() {
    let shared = nodes::<2>().await;
    let (alone, by_hand) = by_hand().await;
    let cases = [
        (alone.clone(), alone, by_hand),
        (shared.2[0].flow.clone(), shared.2[1].flow.clone(), shared.1),
    ];
    for (here, there, clock) in cases {
        let (here, there) = (here.lock("a", LEASE), there.lock("a", LEASE));
        let mut first = take(&here).await;
        clock.advance(LEASE - SECOND);
        assert!(first.is_held() && is_taken(&there).await);
        assert!(first.renew().await);
        clock.advance(LEASE - SECOND);
        assert!(first.is_held() && is_taken(&there).await, "it was renewed");
        clock.advance(SECOND);
        assert!(!first.is_held());
        let second = take(&there).await;
        assert!(!first.renew().await, "another has it");
        assert!(!first.is_held());
        assert!(!first.release().await);
        assert!(
            second.is_held() && is_taken(&here).await,
            "it is the second's still"
        );
        assert!(second.release().await);
        assert!(!is_taken(&here).await);
    }
}

#[tokio::test]
async fn what_the_first_holder_leaves_behind_does_not_end_the_seconds_lease() {
    let (_server, clock, [one, two]) = nodes().await;
    let first = take(&one.flow.lock("a", LEASE)).await;
    clock.advance(LEASE);
    let second = take(&two.flow.lock("a", LEASE)).await;
    let _ = one.recording.take();
    drop(first);
    let released = async || {
        one.recording
            .take()
            .iter()
            .any(|call| call.operation == Operation::Release)
    };
    eventually("the first has given it back", WITHIN, released).await;
    assert!(is_taken(&one.flow.lock("a", LEASE)).await);
    assert!(second.release().await);
}

#[tokio::test]
async fn a_guard_that_is_dropped_gives_it_back() {
    let (_server, _clock, [one, two]) = nodes().await;
    for flow in [&one.flow, &alone().await] {
        let lock = flow.lock("a", HOUR);
        drop(take(&lock).await);
        taken_at_last(&lock).await;
        let guard = take(&lock).await;
        let task = tokio::spawn(async move {
            let _guard = guard;
            panic!("as the test says");
        });
        assert!(task.await.unwrap_err().is_panic());
        taken_at_last(&lock).await;
    }
    taken_at_last(&two.flow.lock("a", HOUR)).await;
}

#[tokio::test]
async fn who_is_cancelled_on_the_way_leaves_it_free() {
    let (_server, _clock, [one, two]) = nodes().await;
    for after in [false, true] {
        let held = match after {
            false => one.gate.hold_before(Operation::Acquire),
            true => one.gate.hold_after(Operation::Acquire),
        };
        let lock = one.flow.lock("a", HOUR);
        let task = tokio::spawn(async move { lock.acquire_within(HOUR).await.unwrap().is_some() });
        held.reached().await;
        task.abort();
        let _ = task.await;
        held.release();
        taken_at_last(&two.flow.lock("a", HOUR)).await;
    }
    // While it is given back, it is given back all the same.
    let lock = one.flow.lock("a", HOUR);
    let guard = take(&lock).await;
    let held = one.gate.hold_before(Operation::Release);
    let task = tokio::spawn(guard.release());
    held.reached().await;
    task.abort();
    let _ = task.await;
    held.release();
    taken_at_last(&two.flow.lock("a", HOUR)).await;
}

/// A hundred that wait cost one try for each return, and not one for each other.
#[tokio::test(start_paused = true)]
async fn who_wait_do_not_wake_one_another_for_nothing() {
    let (server, _clock, [one]) = nodes().await;
    let lock = one.flow.lock("a", HOUR);
    let guard = take(&lock).await;
    let mut tasks = Vec::new();
    for _ in 0..3 {
        let lock = lock.clone();
        tasks.push(tokio::spawn(async move {
            lock.acquire_within(HOUR).await.unwrap().is_some()
        }));
    }
    let tries = async || {
        for _ in 0..1_000 {
            tokio::task::yield_now().await;
        }
        let calls = one.recording.take();
        let tries = calls
            .iter()
            .filter(|call| call.operation == Operation::Acquire);
        tries.count()
    };
    tries().await;
    let key = one.recording.take();
    drop(key);
    // It wakes one, who finds it taken.
    server.announce_released("/a");
    server.announce_released("cacheflow:/a");
    let tries = tries().await;
    assert!(tries <= 12, "{tries} tries");
    assert!(guard.release().await);
    for task in tasks {
        task.abort();
    }
}

#[tokio::test(start_paused = true)]
async fn while_it_is_held_it_is_renewed() {
    // The clock of tokio moves on by itself, the flow's is moved with it.
    let (_server, clock, [one, two]) = nodes().await;
    let lock = one.flow.lock("a", 30 * SECOND);
    let mut guard = take(&lock).await;
    let other = two.flow.lock("a", 30 * SECOND);
    let done = guard.while_held(async {
        for _ in 0..100 {
            tokio::time::sleep(SECOND).await;
            clock.advance(SECOND);
            assert!(is_taken(&other).await);
        }
        7
    });
    assert_eq!(done.await, 7);
    assert!(guard.is_held() && guard.release().await);
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_is_lost_meanwhile_does_not_end_the_work() {
    let (_server, clock, [one, two]) = nodes().await;
    let mut guard = take(&one.flow.lock("a", 30 * SECOND)).await;
    let other = two.flow.lock("a", 30 * SECOND);
    let mut others = None;
    guard
        .while_held(async {
            clock.advance(30 * SECOND);
            others = Some(take(&other).await);
            tokio::time::sleep(60 * SECOND).await;
        })
        .await;
    assert!(!guard.is_held());
    assert!(others.unwrap().is_held());
}

#[tokio::test]
async fn wrong_names_and_leases_are_refused() {
    let flow: CacheFlow = alone().await;
    let ms = Duration::from_millis(1);
    let long = "x".repeat(129);
    let cases = [
        ("", LEASE, "lock name"),
        (long.as_str(), LEASE, "lock name"),
        ("a", 9 * ms, "9ms"),
        ("a", HOUR + ms, "3600.001s"),
    ];
    for (name, lease, part) in cases {
        let lock = flow.lock(name, lease);
        let tried = lock.try_acquire().await.unwrap_err();
        let waited = lock.acquire_within(HOUR).await.unwrap_err();
        for error in [tried, waited] {
            assert_eq!(error.kind(), ErrorKind::InvalidConfig);
            assert_parts(&error, &[part, "allowed is"]);
        }
    }
    for (name, lease) in [("a", 10 * ms), (&long[1..], HOUR)] {
        take(&flow.lock(name, lease)).await.release().await;
    }
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_an_error() {
    let (_server, _clock, [one]) = nodes().await;
    one.failing.fail(Operation::Acquire);
    let lock = one.flow.lock("a", LEASE);
    assert_eq!(
        lock.try_acquire().await.unwrap_err().kind(),
        ErrorKind::Unavailable
    );
    let waited = ends("the wait", lock.acquire_within(HOUR)).await;
    assert_eq!(waited.unwrap_err().kind(), ErrorKind::Unavailable);
    one.failing.heal_all();
    // A lock has nothing to do with a cache of the same name.
    let guard = take(&lock).await;
    drop(guard);
}
