//! What a hit in memory costs, beside the peers: see `README.md`.

mod hit {
    pub(crate) mod numbers;
    pub(crate) mod report;
    pub(crate) mod subject;
    pub(crate) mod texts;
}

use cacheflow_benches::keys;
use cacheflow_benches::rounds::{Plan, Scenario, measure};

use hit::report::Report;
use hit::subject::{KEYS, loads};
use hit::{numbers, texts};

/// So long that no candidate's keys repeat within a turn.
const SEQUENCE: usize = 1 << 16;

fn main() {
    // `cargo bench` says so; `cargo test --benches` only wants to see it run.
    let measuring = std::env::args().any(|argument| argument == "--bench");
    let quick = std::env::args().any(|argument| argument == "--quick");
    let plan = Plan {
        rounds: match (measuring, quick) {
            (false, _) => 1,
            (true, true) => 15,
            (true, false) => 201,
        },
        operations: 20_000,
    };

    let skewed = keys::zipf(KEYS, 0.99, SEQUENCE, 1);
    let hot = vec![skewed[0]; SEQUENCE];
    let as_text = |keys: &[u64]| keys.iter().map(|key| keys::text(*key)).collect::<Vec<_>>();
    let (skewed_texts, hot_texts) = (as_text(&skewed), as_text(&hot));
    numbers::fill();
    texts::fill();
    let loaded = loads();

    // All in one run, so that threads and keys can be compared as well.
    let scenarios: Vec<Scenario<'_>> = [1, 2]
        .into_iter()
        .flat_map(|threads| {
            [
                numbers::candidates(&hot),
                numbers::candidates(&skewed),
                texts::candidates(&hot_texts),
                texts::candidates(&skewed_texts),
            ]
            .map(|candidates| Scenario {
                threads,
                candidates,
            })
        })
        .collect();
    let taken = measure(plan, &scenarios);

    // A turn with a miss in it would have measured something else.
    assert_eq!(loads(), loaded, "a candidate has lost a key");
    println!("{}", Report::new(plan, &scenarios, &taken));
}
