//! What a hit costs in instructions: a program for callgrind to count.
//!
//! `instructions CASE HITS` warms one case up and then makes so many hits in it. What one
//! hit costs is the difference between two runs, divided by that of their hits: all else
//! is the same in both. `cargo xtask instructions` does that.

use std::hint::black_box;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use cacheflow::{Cache, CacheFlow, cached};
use cacheflow_benches::ready::now;

/// Enough for a key to be found before the store is asked.
const WARM_UP: u64 = 10_000;

static FLOW: LazyLock<CacheFlow> = LazyLock::new(|| {
    let flow = now(CacheFlow::builder().build());
    flow.expect("the defaults are valid")
});

#[cached(cache = "instructions.number", ttl = "1h")]
async fn number(id: u64) -> Arc<u64> {
    Arc::new(id)
}

#[cached(cache = "instructions.text", ttl = "1h")]
async fn text(id: &str) -> Arc<str> {
    Arc::from(id)
}

#[cached(cache = "instructions.pair", ttl = "1h")]
async fn pair(id: u64, language: &str) -> Arc<u64> {
    Arc::new(id + language.len() as u64)
}

#[cached(cache = "instructions.blocking", ttl = "1h")]
fn blocking(id: u64) -> Arc<u64> {
    Arc::new(id)
}

fn handle() -> Cache<u64, Arc<u64>> {
    let builder = FLOW.cache("instructions.handle");
    let cache = builder.ttl(Duration::from_secs(3600)).max_entries(10_000);
    cache.build().expect("the options are valid")
}

/// What is counted, and the hit.
type Case = (&'static str, fn(u64));

const CASES: [Case; 6] = [
    ("attribute_number", |hits| {
        repeat(hits, || now(number(black_box(4711))));
    }),
    ("attribute_text", |hits| {
        repeat(hits, || now(text(black_box("user-00004711.org"))));
    }),
    ("attribute_pair", |hits| {
        repeat(hits, || now(pair(black_box(4711), black_box("de"))));
    }),
    ("attribute_blocking", |hits| {
        repeat(hits, || blocking(black_box(4711)));
    }),
    ("get_or_load", |hits| {
        let cache = handle();
        repeat(hits, || {
            let load = async || Ok::<_, std::io::Error>(Arc::new(7));
            now(cache.get_or_load(black_box(&4711), load)).expect("loading does not fail")
        });
    }),
    ("get", |hits| {
        let cache = handle();
        let _ = now(cache.put(&4711, Arc::new(7))).expect("memory takes it");
        repeat(hits, || now(cache.get(black_box(&4711))));
    }),
];

fn repeat<T>(hits: u64, hit: impl Fn() -> T) {
    for _ in 0..WARM_UP + hits {
        black_box(hit());
    }
}

fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--list"] => CASES.iter().for_each(|(name, _)| println!("{name}")),
        [name, hits] => {
            FLOW.install_global().expect("no other flow is there");
            let case = CASES.iter().find(|(case, _)| *case == name);
            let (_, run) = case.unwrap_or_else(|| panic!("there is no case `{name}`"));
            run(hits.parse().expect("a number of hits"));
        }
        // `cargo bench` runs it as every other bench.
        _ => CASES.iter().for_each(|(_, run)| run(1)),
    }
}
