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
async fn the_in_process_leases_keep_to_the_rules() {
    conformance::leases(async || MemoryBackend::new()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_in_process_leases_keep_to_the_rules_on_many_threads() {
    let server = MemoryBackend::new();
    conformance::leases(async || server.clone()).await;
}

#[tokio::test]
async fn a_backend_that_removes_late_keeps_to_the_rules() {
    conformance::shared_store(async || MemoryBackend::removing_late()).await;
    conformance::bus(async || MemoryBackend::removing_late()).await;
}

#[tokio::test]
async fn wrappers_that_do_nothing_change_nothing() {
    let wrapped = async || {
        let recording = Recording::new(MemoryBackend::new());
        Shuffling::new(Gate::new(Failing::new(recording)), 1)
    };
    conformance::shared_store(wrapped).await;
    conformance::bus(wrapped).await;
    conformance::leases(wrapped).await;
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
            Fault::FillsWithoutMarks,
            "a fill is refused after what it goes by was forgotten",
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
        (Fault::PutsWithoutMarks, "a put is forgotten by its marks"),
        (
            Fault::RoundsLifetimesUp,
            "what was filled is read by every node",
        ),
        (
            Fault::SaysThatNothingIsOpen,
            "an answer tells what its caller has missed",
        ),
        (
            Fault::RecordsTheKeysAlone,
            "a record names what was forgotten",
        ),
        (
            Fault::TellsNothingMissed,
            "an answer tells what its caller has missed",
        ),
        (
            Fault::TellsDependentsToNobody,
            "a put forgets what was made of the old value",
        ),
        (
            Fault::ReclaimsOtherCaches,
            "a clear removes its cache and no other",
        ),
        (Fault::ReclaimsOnePart, "a reclaim of many values ends"),
        (
            Fault::ReclaimsTheNew,
            "a fill is refused after what it goes by was forgotten",
        ),
        (Fault::CountsNothing, "a reclaim of many values ends"),
        (
            Fault::HoldsNothing,
            "a held key is not filled until the hold is done",
        ),
        (
            Fault::EndsNoHold,
            "a held key is not filled until the hold is done",
        ),
        (
            Fault::LosesARecord,
            "what was missed is told as it was recorded",
        ),
        (
            Fault::ReplaysEverything,
            "who stands nowhere is told how the journal stands",
        ),
        (Fault::ForgetsWhatIsOpen, "a snapshot has what is open"),
        (
            Fault::BelievesEveryIncarnation,
            "a value of another incarnation is told by the answer",
        ),
        (
            Fault::DiscardsAnything,
            "a discard removes exactly what was read",
        ),
        (Fault::SharesNamespaces, "namespaces share nothing"),
        (Fault::KnowsNoRelations, "relations are told one step each"),
        (
            Fault::TellsManyInAnyOrder,
            "many are told in the order of their keys",
        ),
        (
            Fault::LeavesOutTheMissing,
            "many are told in the order of their keys",
        ),
        (
            Fault::BelievesEveryIncarnationOfMany,
            "each of many is told as by itself",
        ),
        (
            Fault::TellsOneLifetimeOfMany,
            "each of many has its own lifetime",
        ),
        (Fault::TellsNotTooMany, "very many are told at once"),
        (Fault::TouchesNothing, "a touch keeps a value for longer"),
        (Fault::TouchShortens, "a touch never shortens a life"),
        (
            Fault::TouchesAnything,
            "a touch of another value does nothing",
        ),
        (
            Fault::TouchesByTheNumber,
            "a touch tells values of one position apart",
        ),
        (
            Fault::TouchBringsBack,
            "a touch of another value does nothing",
        ),
        (
            Fault::TouchLeavesTheIndexes,
            "what is touched is found by its marks",
        ),
    ];
    assert_each_is_noticed(&cases, |fault| {
        block_on(conformance::shared_store(async || Faulty::new(fault)));
    });
}

/// Each fault of a bus, and the rule that must notice it.
#[test]
fn the_bus_suite_notices_each_fault() {
    let cases = [
        (
            Fault::HearsNothingOfItself,
            "the subscription comes first with a snapshot",
        ),
        (Fault::SwallowsARecord, "nothing is lost while subscribing"),
        (
            Fault::SubscribesToNothingOpen,
            "the snapshot has what is open",
        ),
        (
            Fault::HearsNothingOpen,
            "every record is heard in order with its origin",
        ),
        (
            Fault::ProvesTooMuch,
            "the subscription comes first with a snapshot",
        ),
        (
            Fault::ProvesWithoutLooking,
            "heartbeats prove what was told",
        ),
        (Fault::KnowsNoNodes, "heartbeats tell where a node stands"),
        (
            Fault::TellsNobodyWhereItStands,
            "heartbeats tell where a node stands",
        ),
    ];
    assert_each_is_noticed(&cases, |fault| {
        block_on(conformance::bus(async || Faulty::new(fault)));
    });
}

/// Each fault of leases, and the rule that must notice it.
#[test]
fn the_suite_of_leases_notices_each_fault() {
    let cases = [
        (Fault::LeasesToAnybody, "one has it and no other"),
        (Fault::LeasesOnce, "who has it may take it again"),
        (Fault::RenewsForAnybody, "only who has it keeps it"),
        (Fault::TakesBackFromAnybody, "who has it may take it again"),
        (Fault::LeasesForEver, "a lease ends by itself"),
        (
            Fault::TakesNamesForOne,
            "leases with hostile names are told apart",
        ),
        (Fault::LeasesToOthersNamespaces, "namespaces share no lease"),
        (Fault::TellsNoReturn, "a return is told to all nodes"),
        (
            Fault::TellsBeforeItIsFree,
            "a lease is free when its return is told",
        ),
        (Fault::TellsOfEveryTry, "only a return is told"),
        (
            Fault::TellsEveryReturn,
            "a return that nobody waits for is not told",
        ),
        (Fault::TellsAReturnTwice, "who has asked in vain is told"),
        (Fault::KeepsNobodyWaiting, "only a return is told"),
        (Fault::TakesAgainAnew, "who has asked in vain is told"),
    ];
    assert_each_is_noticed(&cases, |fault| {
        block_on(conformance::leases(async || Faulty::new(fault)));
    });
}

fn assert_each_is_noticed(cases: &[(Fault, &str)], suite: impl Fn(Fault) + Sync) {
    let outcome = |fault| thread::scope(|scope| scope.spawn(|| suite(fault)).join());
    let mut faults = Vec::new();
    for (fault, rule) in cases {
        let message = match outcome(*fault) {
            Ok(()) => "not noticed".to_owned(),
            Err(panic) => *panic.downcast::<String>().expect("a message"),
        };
        if !message.contains(&format!(": {rule}: ")) {
            faults.push(format!("{fault:?}: {message}"));
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

fn block_on(suite: impl Future<Output = ()>) {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_time().build().unwrap().block_on(suite);
}
