//! Recorded accesses, with misses and invalidations among them.

use std::collections::HashSet;
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cacheflow_benches_peers::traces;

use super::entrants::BASE;
use super::functions::FLOW;
use super::stores;
use super::subject::{Find, Forget, KEYS, User};

/// What is done next.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// Find a key that was asked for before.
    Find(u64),
    /// Find a key that nobody has asked for.
    FindNew,
    /// Invalidate a key.
    Forget(u64),
}

/// Keys above all that traces have.
static NEXT: AtomicU64 = AtomicU64::new(1 << 48);

/// Who is measured: a function whose values can be invalidated.
pub(crate) struct Entrant {
    pub(crate) name: &'static str,
    pub(crate) crate_name: Option<&'static str>,
    pub(crate) walk: Box<Walk>,
}

/// Does steps `from..to` of a sequence that begins anew at its end.
type Walk = dyn Fn(&[Step], usize, usize) + Send + Sync;

impl Entrant {
    fn new(
        name: &'static str,
        crate_name: Option<&'static str>,
        function: impl Find<u64, Arc<User>> + Forget<u64> + 'static,
    ) -> Self {
        let walk = move |steps: &[Step], from: usize, to: usize| {
            for index in from..to {
                match black_box(steps[index % steps.len()]) {
                    Step::Find(key) => drop(black_box(function.find(&key))),
                    Step::FindNew => {
                        let key = NEXT.fetch_add(1, Ordering::Relaxed);
                        black_box(function.find(&key));
                    }
                    Step::Forget(key) => function.forget(&key),
                }
            }
        };
        Self {
            name,
            crate_name,
            walk: Box::new(walk),
        }
    }
}

/// All of them.
pub(crate) fn entrants() -> Vec<Entrant> {
    vec![
        Entrant::new(BASE, Some("moka"), stores::moka()),
        Entrant::new("moka `future`", Some("moka"), stores::moka_future()),
        Entrant::new("quick_cache, no TTL", Some("quick_cache"), stores::quick()),
        Entrant::new("foyer, no TTL", Some("foyer-memory"), stores::foyer()),
        Entrant::new("cachet", Some("cachet"), stores::cachet()),
        Entrant::new(
            "cacheflow `get_or_load`",
            None,
            stores::loading(&FLOW, "mixed"),
        ),
    ]
}

/// The name of the trace, and its keys: as many as have fewer than [`KEYS`]
/// distinct ones, so that all of them are resident.
pub(crate) fn recorded() -> (String, Vec<u64>) {
    let mut traces = traces::all(1 << 16);
    let busy = traces.iter().position(|trace| trace.name == "orm-busy");
    let trace = traces.swap_remove(busy.unwrap_or(0));
    let mut distinct = HashSet::new();
    let resident = trace.keys.into_iter().take_while(|key| {
        distinct.insert(*key);
        distinct.len() < KEYS
    });
    (trace.name, resident.collect())
}

/// The keys, every `every`th of which is another step. None is if it is 0.
pub(crate) fn with(keys: &[u64], every: usize, other: impl Fn(u64) -> Step) -> Vec<Step> {
    let steps = keys.iter().enumerate();
    let step = |(number, key): (usize, &u64)| match number % every.max(1) {
        0 if every > 0 => other(*key),
        _ => Step::Find(*key),
    };
    steps.map(step).collect()
}
