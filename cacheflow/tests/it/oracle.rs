//! Whole caches against a plain oracle: whatever two nodes do in whatever order,
//! no read gives a value that is older than what its node knows to be old.
//!
//! The source is a row of version numbers. A write raises a version and then tells
//! the cache. For each node the oracle keeps a *floor* under each key: the version
//! of the last write that has returned on this node, and, whenever everything has
//! come to rest, of the last write anywhere. A read must not give less than the
//! floor when it began; and at rest nothing but the current version.

mod known;
mod threads;
mod world;

use proptest::collection::vec;
use proptest::prelude::*;

use known::KEYS;
use world::{Kind, World};

/// One step of a history; steps begin one after the other and overlap.
#[derive(Clone, Debug)]
enum Step {
    /// Somebody reads; `hold` keeps its loader, if it runs, until `LetGo`.
    Read {
        node: usize,
        key: u64,
        kind: Kind,
        hold: bool,
    },
    /// A held loader goes on.
    LetGo {
        which: usize,
    },
    /// A reader is cancelled.
    Cancel {
        which: usize,
    },
    /// The source changes, then the cache is told.
    Put {
        node: usize,
        key: u64,
    },
    Invalidate {
        node: usize,
        keys: Vec<u64>,
    },
    Clear {
        node: usize,
    },
    /// Time passes for entries.
    Advance {
        millis: u64,
    },
    /// Others go on for a while.
    Yield {
        times: u8,
    },
    /// Something goes wrong between a node and the server.
    Fail {
        node: usize,
        what: usize,
        nth: usize,
    },
    LoseAnswers {
        node: usize,
        what: usize,
    },
    /// Something goes wrong with the server.
    Disconnect,
    LoseJournal,
    TrimJournal,
    Restart,
    /// Everything is healed and comes to rest.
    Settle,
}

fn step(trouble: bool) -> impl Strategy<Value = Step> {
    let (node, key) = (0..2_usize, 0..KEYS);
    let kind = prop_oneof![4 => Just(Kind::Load), 1 => Just(Kind::Get), 1 => Just(Kind::Lookup)];
    let read = (node.clone(), key.clone(), kind, prop::bool::weighted(0.3)).prop_map(
        |(node, key, kind, hold)| Step::Read {
            node,
            key,
            kind,
            hold,
        },
    );
    let put = (node.clone(), key.clone()).prop_map(|(node, key)| Step::Put { node, key });
    let invalidate =
        (node.clone(), vec(key, 1..3)).prop_map(|(node, keys)| Step::Invalidate { node, keys });
    let work = prop_oneof![
        12 => read,
        5 => any::<prop::sample::Index>().prop_map(|i| Step::LetGo { which: i.index(8) }),
        1 => any::<prop::sample::Index>().prop_map(|i| Step::Cancel { which: i.index(8) }),
        4 => put,
        5 => invalidate,
        1 => node.clone().prop_map(|node| Step::Clear { node }),
        1 => (1..15_000_u64).prop_map(|millis| Step::Advance { millis }),
        6 => (1..20_u8).prop_map(|times| Step::Yield { times }),
        2 => Just(Step::Settle),
    ];
    let wrong = prop_oneof![
        6 => (node.clone(), 0..world::OPERATIONS, 1..3_usize)
            .prop_map(|(node, what, nth)| Step::Fail { node, what, nth }),
        2 => (node, 0..world::OPERATIONS).prop_map(|(node, what)| Step::LoseAnswers { node, what }),
        1 => Just(Step::Disconnect),
        1 => Just(Step::LoseJournal),
        1 => Just(Step::TrimJournal),
        1 => Just(Step::Restart),
    ];
    prop_oneof![
        9 => work,
        u32::from(trouble) => wrong,
    ]
}

async fn run(world: &mut World, steps: Vec<Step>) {
    for step in steps {
        match step {
            Step::Read {
                node,
                key,
                kind,
                hold,
            } => world.read(node, key, kind, hold),
            Step::LetGo { which } => world.let_go(which),
            Step::Cancel { which } => world.cancel(which),
            Step::Put { node, key } => world.put(node, key),
            Step::Invalidate { node, keys } => world.invalidate(node, keys),
            Step::Clear { node } => world.clear(node),
            Step::Advance { millis } => world.advance(millis),
            Step::Yield { times } => world.give_way(times).await,
            Step::Fail { node, what, nth } => world.fail(node, what, nth),
            Step::LoseAnswers { node, what } => world.lose_answers(node, what),
            Step::Disconnect => world.server.disconnect(),
            Step::LoseJournal => world.server.lose_journal(),
            Step::TrimJournal => world.server.trim_journal(),
            Step::Restart => world.server.restart(),
            Step::Settle => world.settle().await,
        }
    }
    world.end().await;
}

fn check(seed: Option<u64>, steps: Vec<Step>) {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let mut world = match seed {
            Some(seed) => World::of_two_nodes(seed).await,
            None => World::of_one_node().await,
        };
        run(&mut world, steps).await;
    });
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        failure_persistence: None,
        max_shrink_iters: 2_000,
        ..ProptestConfig::with_cases(cases)
    }
}

proptest! {
    #![proptest_config(config(150))]

    #[test]
    fn a_cache_alone_serves_nothing_that_is_known_to_be_old(steps in vec(step(false), 1..80)) {
        check(None, steps);
    }

    #[test]
    fn two_nodes_serve_nothing_that_they_know_to_be_old(
        seed in any::<u64>(),
        steps in vec(step(false), 1..80),
    ) {
        check(Some(seed), steps);
    }

    #[test]
    fn two_nodes_in_trouble_serve_nothing_that_they_know_to_be_old(
        seed in any::<u64>(),
        steps in vec(step(true), 1..80),
    ) {
        check(Some(seed), steps);
    }
}
