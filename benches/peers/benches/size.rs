//! What an entry in memory weighs, and what more entries cost.
//!
//! Each store is filled in a process of its own, started for it by this program
//! with its name: only so is the memory of the one not given to the next.

mod size {
    pub(crate) mod stores;
}

use std::env;
use std::process::Command;

use cacheflow_benches::results::{Better, Extent, Goal, Measured, Section, Subject};
use cacheflow_benches::section;
use cacheflow_benches_peers::version;

use size::stores::{self, Figures};

const ABOUT: &str = "Each store is filled in a process of its own with `u64 → Arc<[u8; 64]>`, \
bounded to twice as many entries and with a TTL where it has one (quick_cache and DashMap have none), \
then it is read and written over at random. What CacheFlow writes over is a put: it is \
numbered, cancels who loads the key, and takes along what was made of it. \
An entry's weight is the growth of the resident memory, less that of a `Vec` with the same \
keys and values, by the number of entries; tables that grow by doubling make it depend on that number. \
The processes take turns.";

/// In the order of the tables; the first keeps nothing but keys and values.
const STORES: [&str; 7] = [
    "Vec",
    "DashMap",
    "quick_cache",
    "cached",
    "moka",
    "cacheflow",
    TINY_LFU,
];

const TINY_LFU: &str = "cacheflow, tiny-lfu";

/// So many entries are left out of what is not ours by default: it takes minutes.
const MOST: usize = 10_000_000;

const CACHED: &str =
    "`cached` grows by sharded LRU lists; it is measured with `ShardedLruTtlCache`.";

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let [word, store, entries] = arguments.as_slice()
        && word == "--fill"
    {
        let figures = stores::fill(store, entries.parse().expect("a number of entries"));
        println!("{}", serde_json::to_string(&figures).expect("numbers"));
        return;
    }
    section::run(measure);
}

/// How many entries, and in how many rounds.
fn plan(extent: Extent) -> Vec<(usize, usize)> {
    extent.pick(
        vec![(1_000, 1)],
        vec![(1_000, 3), (10_000, 3), (100_000, 3)],
        vec![
            (1_000, 5),
            (10_000, 5),
            (100_000, 5),
            (1_000_000, 1),
            (10_000_000, 1),
        ],
    )
}

fn measure(extent: Extent) -> Section {
    let plan = plan(extent);
    let mut taken: Vec<Vec<Vec<Figures>>> = vec![vec![Vec::new(); plan.len()]; STORES.len()];
    for (place, (entries, rounds)) in plan.iter().enumerate() {
        for round in 0..*rounds {
            for turn in 0..STORES.len() {
                let store = (round + turn) % STORES.len();
                if *entries < MOST || STORES[store] != TINY_LFU {
                    taken[store][place].push(filled(STORES[store], *entries));
                }
            }
        }
    }
    let weights = weights(&plan, &taken);
    let hits = times(&plan, &taken, "a hit, by the number of entries", |it| {
        it.hit
    });
    let puts = times(
        &plan,
        &taken,
        "a value written over, by the number of entries",
        |it| it.put,
    );
    let goals = vec![weight_goal(&weights)];
    Section {
        id: "size".to_owned(),
        title: "Memory of an entry, and what more of them cost".to_owned(),
        about: format!("{ABOUT} {CACHED}"),
        tables: vec![weights, hits, puts],
        goals,
    }
}

/// What a process of its own measures.
fn filled(store: &str, entries: usize) -> Figures {
    let program = env::current_exe().expect("this program has a path");
    let mut command = Command::new(program);
    let output = command
        .args(["--fill", store, &entries.to_string()])
        .output();
    let output = output.expect("this program can be started");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{store} with {entries} entries: {told}"
    );
    serde_json::from_slice(&output.stdout).expect("the figures")
}

fn subjects() -> Vec<Subject> {
    vec![
        Subject::peer("`Vec`, as much as nothing", ""),
        Subject::peer("DashMap, unbounded, without TTL", &version("dashmap")),
        Subject::peer("quick_cache, without TTL", &version("quick_cache")),
        Subject::peer("cached", &version("cached")),
        Subject::peer("moka", &version("moka")),
        Subject::ours("cacheflow"),
        Subject::ours("cacheflow, `tiny-lfu`"),
    ]
}

/// Memory is only told in pages, so that few entries say nothing of it.
const FEWEST: usize = 100_000;

fn weights(plan: &[(usize, usize)], taken: &[Vec<Vec<Figures>>]) -> Measured {
    let places: Vec<usize> = (0..plan.len())
        .filter(|place| plan[*place].0 >= FEWEST || plan.len() == 1)
        .collect();
    let of = |store: usize, place: usize| {
        let rounds = taken[store][place].iter().zip(&taken[0][place]);
        let beside =
            |(it, bare): (&Figures, &Figures)| (it.grown - bare.grown) / plan[place].0 as f64;
        rounds.map(beside).collect::<Vec<_>>()
    };
    let all = |store| places.iter().map(|place| of(store, *place)).collect();
    Measured {
        title: "memory of an entry beside key and value".to_owned(),
        unit: "bytes".to_owned(),
        better: Better::Less,
        scenarios: places.iter().map(|place| entries(plan[*place].0)).collect(),
        candidates: subjects().split_off(1),
        base: None,
        samples: (1..STORES.len()).map(all).collect(),
    }
}

fn times(
    plan: &[(usize, usize)],
    taken: &[Vec<Vec<Figures>>],
    title: &str,
    figure: impl Fn(&Figures) -> f64 + Copy,
) -> Measured {
    let rounds = |rounds: &Vec<Figures>| rounds.iter().map(figure).collect();
    let of = |store: &Vec<Vec<Figures>>| store.iter().map(rounds).collect();
    Measured {
        title: title.to_owned(),
        unit: "ns".to_owned(),
        better: Better::Less,
        scenarios: plan.iter().map(|(number, _)| entries(*number)).collect(),
        candidates: subjects(),
        base: STORES.iter().position(|store| *store == "moka"),
        samples: taken.iter().map(of).collect(),
    }
}

fn entries(number: usize) -> String {
    format!("10^{}", number.ilog10())
}

fn weight_goal(weights: &Measured) -> Goal {
    let last = weights.scenarios.len() - 1;
    let ours = weights.candidates.len() - 2;
    let heaviest = (0..=last).filter_map(|place| weights.spread(ours, place));
    let heaviest = heaviest
        .map(|spread| spread.median)
        .fold(f64::NAN, f64::max);
    Goal {
        what: "memory of an entry in L1 beside key and value, at most".to_owned(),
        target: "≤ 250 bytes".to_owned(),
        limit: 250.0,
        better: Better::Less,
        measured: heaviest,
        tried: "moka behind the same port: its share alone is more (in the table)".to_owned(),
    }
}
