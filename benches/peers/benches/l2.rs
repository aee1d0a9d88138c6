//! What it costs to keep values in Redis, beside the peers: see `README.md`.

mod l2 {
    pub(crate) mod miss;
    pub(crate) mod operations;
}

use cacheflow_benches::results::{Better, Extent, Goal, Measured, Section};
use cacheflow_benches::section;
use cacheflow_benches_peers::remote::{BothLevels, Peer};

use l2::miss;
use l2::operations::{self, BARE, HIT};

fn main() {
    section::run(measure);
}

const ABOUT: &str = "\
Microseconds per operation: the time of a turn ÷ the operations that all tasks together did in it. One process on \
two threads, one `redis-server` over loopback, which keeps nothing on disk. Values are texts that nobody compresses; \
keys are not repeated within a turn.

- `redis` is redis-rs alone, on one multiplexed connection: GET, SET PX, MGET, DEL; a tagged put is SET, SADD, PEXPIRE in one exchange.
- `cacheflow` has memory before Redis, as services use it; before each turn memory forgets everything, so that a hit is read \
from Redis *and* kept in memory. `cacheflow without memory` is `Strategy::cache_aside`.
- `cached` is its asynchronous store for Redis, which has no tags, no reading of many, and tells nobody of what it removes.
- `hitbox` is an attributed function whose only level is Redis. It has no put, no invalidation, no tags but through its backend's trait.
- `multi-tier-cache` has both tiers; a hit is read by a manager of Redis alone, which is its fastest way. It has no tags and does not read many.
- `amalgam-cache` has both levels, postcard and its backplane; a hit skips memory. It does not read many.

A put of CacheFlow is recorded in the journal, indexed and told to all nodes in the same step; of the others \
amalgam-cache tells after it has written, multi-tier-cache when it invalidates.";

fn measure(extent: Extent) -> Section {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let mut tables = runtime.block_on(operations::measure(extent));
    drop(runtime);
    let miss = miss::measure(extent);
    let goals = [hit_goals(&tables[HIT]), miss.goals].concat();
    tables.push(miss.processor_time);
    Section {
        id: "l2".to_owned(),
        title: "Redis".to_owned(),
        about: [ABOUT, "\n\n", &miss.about].concat(),
        tables,
        goals,
    }
}

fn hit_goals(hits: &Measured) -> [Goal; 2] {
    let scenario = hits.scenarios.iter().position(|it| it == "1 KiB, 64 tasks");
    let ours = hits.candidate(BothLevels::NAME);
    let ratio = scenario.zip(ours).and_then(|(scenario, ours)| {
        // As often as bare GET: the ratio of times the other way around.
        hits.ratio(BARE, ours, scenario)
    });
    let goal = |target: &str, limit| {
        Goal {
        what: "hit in Redis, 1 KiB, 64 tasks, per second".to_owned(),
        target: target.to_owned(),
        limit,
        better: Better::More,
        measured: ratio.map_or(f64::NAN, |ratio| ratio.median),
        tried: "GET and PTTL travel together, since memory may not keep a value longer than Redis does; \
                reads that wait for the connection are gathered into one exchange. That costs about \
                as much as bare GET; what is above it is ours: in one thread a hit without memory \
                takes 2 to 3 times the processor time of bare GET, and to keep the value in memory \
                more than as much again (with moka; CLOCK-Pro is cheaper to fill). Made smaller: the future of a \
                lookup (8.1 to 4.3 KB), locks taken on the way (position, flights, options), copies \
                of the value and of the connection; of 37 allocations 31 are left"
            .to_owned(),
    }
    };
    [
        goal("≥ 0.9 × bare GET", 0.9),
        goal("≥ 2 × bare GET where reads are gathered", 2.0),
    ]
}
