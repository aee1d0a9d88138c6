//! Which share of the requests a bounded memory serves, on recorded traces.

use std::collections::HashSet;

use cacheflow::{Cache, CacheFlow, Eviction, Strategy};
use cacheflow_benches::ready::now;
use cacheflow_benches::results::{Better, Extent, Goal, Measured, Section, Subject};
use cacheflow_benches::section;
use cacheflow_benches_peers::traces::{self, Trace};
use cacheflow_benches_peers::version;

/// Bounds, as shares of the distinct keys.
const SHARES: [(&str, f64); 3] = [("1 %", 0.01), ("5 %", 0.05), ("25 %", 0.25)];

/// Who keeps what is asked for, up to a number of entries.
const STORES: [Replay; 4] = [
    by_moka,
    by_quick_cache,
    |keys, bound| by_cacheflow(keys, bound, Eviction::ClockPro),
    |keys, bound| by_cacheflow(keys, bound, Eviction::TinyLfu),
];

/// The share of hits when these keys are asked for one after the other, and
/// what is missed is put in.
type Replay = fn(&[u64], u64) -> f64;

const ABOUT: &str = "Each trace is replayed from the beginning: what is missed is \
loaded and kept. The bound is a share of the trace's distinct keys, in entries of \
one size. CacheFlow reads with `get_or_load`, the others with `get` and `insert`; \
each has its own defaults: by default ours is quick_cache as well, with a fifth of the room for \
newcomers in place of 3 %. moka and quick_cache hash with a seed of the process, \
so that a replay differs from the next by about a thousandth.";

fn main() {
    section::run(measure);
}

fn measure(extent: Extent) -> Section {
    let traces = traces::all(extent.pick(2_000, 150_000, 1_500_000));
    let rounds = extent.pick(1, 1, 2);
    let tables: Vec<Measured> = SHARES
        .iter()
        .map(|(name, share)| table(name, *share, &traces, rounds))
        .collect();
    let goals = vec![
        goal("hit ratio, all traces and sizes", average(&tables)),
        goal("hit ratio, the worst of them", worst(&tables)),
    ];
    Section {
        id: "eviction".to_owned(),
        title: "Hit ratio of a bounded memory".to_owned(),
        about: ABOUT.to_owned(),
        tables,
        goals,
    }
}

fn table(name: &str, share: f64, traces: &[Trace], rounds: usize) -> Measured {
    let mut samples = vec![vec![Vec::new(); traces.len()]; STORES.len()];
    for (place, trace) in traces.iter().enumerate() {
        let distinct = trace.keys.iter().collect::<HashSet<_>>().len();
        let bound = ((distinct as f64 * share) as u64).max(1);
        for _ in 0..rounds {
            for (store, samples) in STORES.iter().zip(&mut samples) {
                samples[place].push(store(&trace.keys, bound) * 100.0);
            }
        }
    }
    Measured {
        title: format!("room for {name} of the keys"),
        unit: "% of the requests hit".to_owned(),
        better: Better::More,
        scenarios: traces.iter().map(|trace| trace.name.clone()).collect(),
        candidates: vec![
            Subject::peer("moka", &version("moka")),
            Subject::peer("quick_cache", &version("quick_cache")),
            Subject::ours("cacheflow"),
            Subject::ours("cacheflow, `tiny-lfu`"),
        ],
        base: Some(0),
        samples,
    }
}

fn goal(what: &str, measured: f64) -> Goal {
    Goal {
        what: what.to_owned(),
        target: "≥ moka's at equal size".to_owned(),
        limit: 1.0,
        better: Better::More,
        measured,
        tried:
            "quick_cache with 50 to 99 % of its room for what was asked for again, and ghosts of \
            0 to 100 % of its entries: with 80 % and 50 % it is nowhere behind moka"
                .to_owned(),
    }
}

/// Ours beside moka's, in each scenario of each table.
fn ratios(tables: &[Measured]) -> Vec<f64> {
    let of = |table: &Measured| {
        let ratio = |scenario| table.ratio(2, 0, scenario).map(|ratio| ratio.median);
        (0..table.scenarios.len())
            .filter_map(ratio)
            .collect::<Vec<_>>()
    };
    tables.iter().flat_map(of).collect()
}

fn average(tables: &[Measured]) -> f64 {
    let ratios = ratios(tables);
    ratios.iter().sum::<f64>() / ratios.len() as f64
}

fn worst(tables: &[Measured]) -> f64 {
    ratios(tables).into_iter().fold(f64::NAN, f64::min)
}

fn by_moka(keys: &[u64], bound: u64) -> f64 {
    let cache = moka::sync::Cache::new(bound);
    share_of(keys, |key| {
        let is_hit = cache.get(&key).is_some();
        if !is_hit {
            cache.insert(key, key);
        }
        is_hit
    })
}

fn by_quick_cache(keys: &[u64], bound: u64) -> f64 {
    let cache = quick_cache::sync::Cache::new(bound as usize);
    share_of(keys, |key| {
        let is_hit = cache.get(&key).is_some();
        if !is_hit {
            cache.insert(key, key);
        }
        is_hit
    })
}

fn by_cacheflow(keys: &[u64], bound: u64, eviction: Eviction) -> f64 {
    let flow = now(CacheFlow::builder().build()).expect("the defaults are valid");
    let builder = flow.cache("replayed").max_entries(bound).eviction(eviction);
    let builder = builder.strategy(Strategy::multi_level());
    let cache: Cache<u64, u64> = builder.build().expect("the options are valid");
    share_of(keys, |key| {
        let mut is_hit = true;
        let load = async || {
            is_hit = false;
            Ok::<_, std::io::Error>(key)
        };
        now(cache.get_or_load(&key, load)).expect("loading does not fail");
        is_hit
    })
}

fn share_of(keys: &[u64], mut is_hit: impl FnMut(u64) -> bool) -> f64 {
    let hits = keys.iter().filter(|key| is_hit(**key)).count();
    hits as f64 / keys.len() as f64
}
