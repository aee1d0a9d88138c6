//! The whole workload against caches whose faults are known.

use std::sync::Arc;
use std::time::Duration;

use super::fake::{Fake, Fault};
use super::{Audit, Load, Outcome, Scene, compare, run};
use crate::oracle::Oracle;
use crate::progress::Bar;
use crate::sequence::Sequence;
use crate::shop::{Shop, Size};

/// Few rows, so that what is changed is read again at once.
const SIZE: Size = Size {
    users: 5,
    products: 10,
    orders: 20,
};

/// Longer than a test takes.
const A_MINUTE: Duration = Duration::from_secs(60);

/// Shorter than anything that a faulty cache stays wrong for.
const A_MOMENT: Duration = Duration::from_millis(1);

/// Runs the workload and the comparison on so many faulty instances.
async fn tried(instances: usize, fault: Fault, bound: Duration) -> (Outcome, Audit) {
    let folder = tempfile::tempdir().unwrap();
    let shop = Arc::new(Shop::open(&folder.path().join("shop.sqlite"), SIZE, &|_| {}).unwrap());
    let scene = Arc::new(Scene {
        instances: Fake::several(instances, &shop, fault),
        sequence: Arc::new(Sequence::zipf(SIZE, 1)),
        size: SIZE,
        shop,
        oracle: Oracle::new(SIZE, bound),
    });
    let load = Load {
        length: Duration::from_millis(400),
        readers: 6,
        writers: 2,
        change_every: A_MOMENT,
        patience: Duration::from_millis(200),
        seed: 1,
    };
    let outcome = run(&scene, &load, &Bar::hidden()).await;
    let audit = match fault {
        Fault::Hangs | Fault::Panics => Audit::default(),
        _ => compare(&scene, &load, A_MOMENT).await,
    };
    (outcome, audit)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sound_cache_passes_with_one_instance_and_with_three() {
    for (instances, bound) in [(1, Duration::ZERO), (3, A_MINUTE)] {
        let (outcome, audit) = tried(instances, Fault::Nothing, bound).await;
        let tally = &outcome.tally;
        assert_eq!(
            (tally.stale, tally.failed),
            (0, 0),
            "{:?}",
            tally.first_failure
        );
        assert!(tally.answers() > 0 && tally.changes > 0);
        assert_eq!(outcome.queries, outcome.levels.loads);
        assert!(audit.compared > 0);
        assert_eq!((audit.differ, audit.failure), (0, None));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cache_that_forgets_nothing_is_found_out_twice() {
    let (outcome, audit) = tried(1, Fault::ForgetsNothing, Duration::ZERO).await;
    assert!(outcome.tally.stale > 0);
    assert!(audit.differ > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn news_that_do_not_arrive_are_races_within_the_bound_and_stale_reads_beyond_it() {
    let (within, _) = tried(3, Fault::TellsNobody, A_MINUTE).await;
    assert!(within.tally.raced > 0);
    assert!(within.tally.worst_race > Duration::ZERO);
    assert_eq!(within.tally.stale, 0);

    let (beyond, audit) = tried(3, Fault::TellsNobody, A_MOMENT).await;
    assert!(beyond.tally.stale > 0);
    assert!(audit.differ > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_known_only_here_is_no_stale_read_elsewhere_but_must_arrive_in_the_end() {
    let (outcome, audit) = tried(3, Fault::OnlyHere, A_MOMENT).await;
    assert_eq!((outcome.tally.stale, outcome.tally.raced), (0, 0));
    assert!(outcome.tally.only_here > 0);
    assert!(audit.differ > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_are_counted_and_do_not_hang_the_run() {
    for (fault, expected) in [
        (Fault::CannotForget, "it cannot forget"),
        (Fault::Hangs, "not answered within 200ms"),
        (Fault::Panics, "ended early"),
    ] {
        let (outcome, _) = tried(1, fault, Duration::ZERO).await;
        let tally = outcome.tally;
        let first = tally.first_failure.unwrap_or_default();
        assert!(
            tally.failed > 0 && first.contains(expected),
            "{fault:?}: {first}"
        );
    }
}
