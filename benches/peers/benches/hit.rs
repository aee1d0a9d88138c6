//! What a hit in memory costs.

mod hit {
    pub(crate) mod entrants;
    pub(crate) mod functions;
    pub(crate) mod mixed;
    pub(crate) mod stores;
    pub(crate) mod subject;
}

use cacheflow_benches::keys;
use cacheflow_benches::results::{Better, Extent, Goal, Measured, Section, Subject};
use cacheflow_benches::rounds::{Candidate, Plan, Scenario, measure};
use cacheflow_benches::section;
use cacheflow_benches_peers::version;

use hit::entrants::{self, ATTRIBUTE, BASE, CACHED, FLOOR};
use hit::mixed::{self, Step};
use hit::subject::{Entrant, KEYS, loads};

/// So long that no candidate's keys repeat within a turn.
const SEQUENCE: usize = 1 << 16;

const ABOUT: &str = "A function of a key, with a cache before it that is bounded (16,384 entries for 10,000 \
keys) and has a TTL, where the crate has one: quick_cache and foyer have none, a bare `DashMap` is the floor. \
Asynchronous functions are polled once, without a runtime's own work. Each crate is used in the way in which it is fastest: \
amalgam without futures, hitbox with bincode, cachet with its fast clock. \
\n\n`hot` is one key, `Zipf` 10,000 keys with exponent 0.99. With two threads, the time is that of one thread's operation. \
\n\nLeft out, because it cannot be done: amalgam and multi-tier-cache know only texts as keys, so that amalgam is beside \
`&str` only; hitbox and multi-tier-cache keep bytes, so that they are only where values are cloned; `#[cached]` and \
`#[concurrent_cached]` have no key of one call to invalidate, so that they are not among the mixed accesses.";

/// The circumstances of each table: name, threads, and whether one key is hot.
const CIRCUMSTANCES: [(&str, usize, bool); 4] = [
    ("hot", 1, true),
    ("hot, 2 threads", 2, true),
    ("Zipf", 1, false),
    ("Zipf, 2 threads", 2, false),
];

fn main() {
    section::run(all);
}

fn all(extent: Extent) -> Section {
    let plan = Plan {
        rounds: extent.pick(1, 15, 151),
        operations: extent.pick(2_000, 20_000, 20_000),
    };
    // cachet's clock belongs to a runtime.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    let guard = runtime.enter();
    let (numbers, texts) = (entrants::numbers(), entrants::texts());
    let (owned, mixed) = (entrants::owned(), mixed::entrants());
    drop(guard);

    let skewed = keys::zipf(KEYS, 0.99, SEQUENCE, 1);
    let names: Vec<String> = (0..KEYS as u64).map(keys::text).collect();
    let named = |key: &u64| names[*key as usize].as_str();
    let skewed_names: Vec<&str> = skewed.iter().map(named).collect();
    let skewed: Vec<&u64> = skewed.iter().collect();
    let every: Vec<u64> = (0..KEYS as u64).collect();
    let every: Vec<&u64> = every.iter().collect();
    let every_name: Vec<&str> = names.iter().map(String::as_str).collect();

    let numbers = table("`fn(u64) -> Arc<V>`", plan, &numbers, &every, &skewed);
    let texts = table(
        "`fn(&str) -> Arc<V>`",
        plan,
        &texts,
        &every_name,
        &skewed_names,
    );
    let owned = table("`fn(u64) -> V`, cloned", plan, &owned, &every, &skewed);
    let mixed = mixed_table(plan, &mixed);
    Section {
        id: "hit".to_owned(),
        title: "A hit in memory".to_owned(),
        about: ABOUT.to_owned(),
        goals: goals(&numbers),
        tables: vec![numbers, texts, owned, mixed],
    }
}

fn table<Q: ?Sized + Sync + 'static, V: 'static>(
    title: &str,
    plan: Plan,
    entrants: &[Entrant<Q, V>],
    every: &[&Q],
    skewed: &[&Q],
) -> Measured {
    for entrant in entrants {
        // Twice: what a store puts off until it has read for a while, it does here.
        (entrant.ask)(every, 0, 2 * every.len());
    }
    let loaded = loads();
    let hot = vec![skewed[0]; skewed.len()];
    let scenario = |(_, threads, is_hot): &(&str, usize, bool)| {
        let keys = if *is_hot { hot.as_slice() } else { skewed };
        let candidate = |entrant| candidate(entrant, keys);
        Scenario {
            threads: *threads,
            candidates: entrants.iter().map(candidate).collect(),
        }
    };
    let scenarios: Vec<Scenario<'_>> = CIRCUMSTANCES.iter().map(scenario).collect();
    let taken = measure(plan, &scenarios);
    // A turn with a miss in it would have measured something else.
    assert_eq!(loads(), loaded, "a candidate has lost a key");
    let subjects = entrants.iter().map(|it| subject(it.name, it.crate_name));
    measured(
        title,
        subjects.collect(),
        CIRCUMSTANCES.map(|it| it.0.to_owned()).into(),
        &taken,
    )
}

fn candidate<'a, Q: ?Sized + Sync, V>(
    entrant: &'a Entrant<Q, V>,
    keys: &'a [&'a Q],
) -> Candidate<'a> {
    Candidate::new(entrant.name, move |from, to| (entrant.ask)(keys, from, to))
}

fn mixed_table(plan: Plan, entrants: &[mixed::Entrant]) -> Measured {
    let (trace, keys) = mixed::recorded();
    let new = |_| Step::FindNew;
    let circumstances = [
        (trace.clone(), 1, mixed::with(&keys, 0, new)),
        ("1 % new keys".to_owned(), 1, mixed::with(&keys, 100, new)),
        ("10 % new keys".to_owned(), 1, mixed::with(&keys, 10, new)),
        (
            "1 % new, 2 threads".to_owned(),
            2,
            mixed::with(&keys, 100, new),
        ),
        (
            "0.1 % invalidations, 2 threads".to_owned(),
            2,
            mixed::with(&keys, 1000, Step::Forget),
        ),
    ];
    for entrant in entrants {
        let steps = &circumstances[0].2;
        (entrant.walk)(steps, 0, 2 * steps.len());
    }
    // One circumstance after the other: new keys push out what the next would hit.
    let mut taken = Vec::new();
    for (_, threads, steps) in &circumstances {
        let scenario = Scenario {
            threads: *threads,
            candidates: entrants
                .iter()
                .map(|entrant| walker(entrant, steps))
                .collect(),
        };
        taken.extend(measure(plan, &[scenario]));
    }
    let subjects = entrants.iter().map(|it| subject(it.name, it.crate_name));
    let scenarios = circumstances.iter().map(|it| it.0.clone());
    let title = format!("mixed accesses to a recorded trace ({trace})");
    measured(&title, subjects.collect(), scenarios.collect(), &taken)
}

fn walker<'a>(entrant: &'a mixed::Entrant, steps: &'a [Step]) -> Candidate<'a> {
    Candidate::new(entrant.name, move |from, to| {
        (entrant.walk)(steps, from, to)
    })
}

fn subject(name: &str, crate_name: Option<&str>) -> Subject {
    match crate_name {
        Some(peer) => Subject::peer(name, &version(peer)),
        None => Subject::ours(name),
    }
}

fn measured(
    title: &str,
    candidates: Vec<Subject>,
    scenarios: Vec<String>,
    taken: &[Vec<Vec<f64>>],
) -> Measured {
    Measured {
        title: title.to_owned(),
        unit: "ns".to_owned(),
        better: Better::Less,
        scenarios,
        base: candidates.iter().position(|it| it.name == BASE),
        candidates,
        samples: Measured::by_candidate(taken),
    }
}

/// The rows of the design: of the attribute with `fn(u64) -> Arc<V>`.
fn goals(numbers: &Measured) -> Vec<Goal> {
    let place = |name| numbers.candidate(name).expect("it is a candidate");
    let ours = place(ATTRIBUTE);
    let beside = |name, scenario| {
        let ratio = numbers.ratio(ours, place(name), scenario);
        ratio.map_or(f64::NAN, |ratio| ratio.median)
    };
    let goal = |what: &str, target: &str, limit, measured| Goal {
        what: what.to_owned(),
        target: target.to_owned(),
        limit,
        better: Better::Less,
        measured,
        tried: TRIED.to_owned(),
    };
    let mut goals = Vec::new();
    for (name, one, two) in [("hot", 0, 1), ("Zipf", 2, 3)] {
        goals.push(goal(
            &format!("`#[cached]` hit, {name}, beside `#[concurrent_cached]`"),
            "faster than `cached`",
            1.0,
            beside(CACHED, one),
        ));
        goals.push(goal(
            &format!("`#[cached]` hit, {name}, beside a bare `DashMap`"),
            "≤ 2 ×",
            2.0,
            beside(FLOOR, one),
        ));
        let (alone, together) = (numbers.rounds(ours, one), numbers.rounds(ours, two));
        let ratios = together.iter().zip(alone).map(|(two, one)| two / one);
        let ratio = cacheflow_benches::rounds::median(ratios.collect());
        goals.push(goal(
            &format!("`#[cached]` hit, {name}, with two threads beside one"),
            "≤ 1.5 ×",
            1.5,
            ratio,
        ));
    }
    goals
}

/// Said of each goal that is missed.
const TRIED: &str = "a lock-free front of the hottest entries before the store, with a few bits of \
each entry's hash beside it, so that another's entry is not fetched; short keys stand in their entries, which are \
half as large as they were; quick_cache behind the front in place of moka (together, Zipf: 483 to 221 ns); a coarse clock; no future \
holds a key's text; keys are bytes on the stack; counters are striped. What is left of one hot key is some 500 instructions \
(`cargo xtask instructions`) and five locked ones: two of the front's guard, two of the value's `Arc`, one of a counter";
