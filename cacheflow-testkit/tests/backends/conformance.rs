//! The in-process backend keeps to the rules, bare and wrapped; and the suites
//! notice backends that do not.

use std::thread;

use cacheflow_testkit::{Failing, Gate, MemoryBackend, Recording, Shuffling, conformance};

use crate::faulty::{Fault, Faulty};

#[tokio::test]
async fn the_in_process_store_keeps_to_the_rules() {
    conformance::shared_store(async || MemoryBackend::new()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_in_process_store_keeps_to_the_rules_on_many_threads() {
    let server = MemoryBackend::new();
    conformance::shared_store(async || server.clone()).await;
}

#[tokio::test]
async fn the_in_process_bus_keeps_to_the_rules() {
    conformance::bus(async || MemoryBackend::new()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_in_process_bus_keeps_to_the_rules_on_many_threads() {
    let server = MemoryBackend::new();
    conformance::bus(async || server.clone()).await;
}

#[tokio::test]
async fn wrappers_that_do_nothing_change_nothing() {
    let wrapped = async || {
        let recording = Recording::new(MemoryBackend::new());
        Shuffling::new(Gate::new(Failing::new(recording)), 1)
    };
    conformance::shared_store(wrapped).await;
    conformance::bus(wrapped).await;
}

/// Each fault of a store, and the rule that must notice it.
#[test]
fn the_store_suite_notices_each_fault() {
    let cases = [
        (
            Fault::FillsWithoutLooking,
            "a fill is refused after its key was forgotten",
        ),
        (
            Fault::RefusesEverything,
            "what was filled is read by every node",
        ),
        (
            Fault::FillsTheRefused,
            "a fill is refused after its key was forgotten",
        ),
        (
            Fault::PutsWithoutLooking,
            "each change takes the next number",
        ),
        (Fault::PutsWithoutNumber, "a put is kept with its number"),
        (
            Fault::RoundsLifetimesUp,
            "what was filled is read by every node",
        ),
        (
            Fault::ForgetsTheRecordOnly,
            "keys with hostile characters are told apart",
        ),
        (
            Fault::TellsNothingMissed,
            "an answer tells what its caller has missed",
        ),
        (Fault::ClearsAtOnce, "a clear leaves values to the sweep"),
        (
            Fault::SweepsByBeginning,
            "a sweep removes its cache and no other",
        ),
        (Fault::SweepsOneStep, "a sweep of many values ends"),
        (
            Fault::DiscardsAnything,
            "a discard removes exactly what was read",
        ),
        (Fault::SharesNamespaces, "namespaces share nothing"),
    ];
    for (fault, rule) in cases {
        assert_noticed(fault, rule, || {
            block_on(conformance::shared_store(async || Faulty::new(fault)));
        });
    }
}

/// Each fault of a bus, and the rule that must notice it.
#[test]
fn the_bus_suite_notices_each_fault() {
    let cases = [
        (
            Fault::HearsNothingOfItself,
            "the subscription comes first with the position",
        ),
        (Fault::SwallowsARecord, "nothing is lost while subscribing"),
        (
            Fault::ProvesTooMuch,
            "the subscription comes first with the position",
        ),
        (
            Fault::ProvesWithoutLooking,
            "heartbeats prove what was told",
        ),
    ];
    for (fault, rule) in cases {
        assert_noticed(fault, rule, || {
            block_on(conformance::bus(async || Faulty::new(fault)));
        });
    }
}

fn assert_noticed(fault: Fault, rule: &str, suite: impl FnOnce() + Send) {
    let outcome = thread::scope(|scope| scope.spawn(suite).join());
    let panic = outcome.expect_err(&format!("{fault:?} was not noticed"));
    let message = panic.downcast::<String>().expect("a message");
    assert!(message.contains(rule), "{fault:?}: {message}");
}

fn block_on(suite: impl Future<Output = ()>) {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_time().build().unwrap().block_on(suite);
}
