//! A thousand tasks on two nodes ask for a key that nobody has: see `README.md`.

mod stampede_redis {
    pub(crate) mod node;
    pub(crate) mod peers;
}

use cacheflow_benches::results::{Better, Extent, Measured, Section};
use cacheflow_benches::section;
use cacheflow_benches_peers::remote::server;

use stampede_redis::node::{Crowd, crowd};
use stampede_redis::peers::{Amalgam, AmalgamLocked, Bare, Hitbox, MultiTier, Ours, OursLocked};

fn main() {
    section::run(measure);
}

/// Tasks on each of the two nodes.
const TASKS: usize = 500;

const ABOUT: &str = "\
Two nodes in one process, each with one thread and its own connections, and one `redis-server`. On each, 500 tasks ask at the same \
time for the same key, which lies nowhere; to load it takes 20 ms. Measured is how often it was loaded, the time until all \
thousand have it, and how often Redis has read from its clients meanwhile (what a client sends at once is read at once).

- `redis` has no cache around it: who finds nothing loads and keeps.
- `cacheflow` loads once per node, with a lease (`distributed_lock`) once in all.
- `hitbox` has its broadcasting concurrency manager with a limit of one load per node; it has no lease.
- `multi-tier-cache` loads once per node; it has no lease.
- `amalgam-cache` loads once per node, with its locker once in all.
- `cached` protects nobody with its store in Redis.";

fn measure(extent: Extent) -> Section {
    let host = tokio::runtime::Runtime::new().expect("a runtime");
    let server = host.block_on(server::started());
    let url = server.url();
    let crowds: [Box<dyn Crowd>; 7] = [
        crowd::<Bare>(&url),
        crowd::<Ours>(&url),
        crowd::<OursLocked>(&url),
        crowd::<Hitbox>(&url),
        crowd::<MultiTier>(&url),
        crowd::<Amalgam>(&url),
        crowd::<AmalgamLocked>(&url),
    ];
    let table = |title: &str, unit: &str| Measured {
        title: title.to_owned(),
        unit: unit.to_owned(),
        better: Better::Less,
        scenarios: vec!["1,000 tasks on 2 nodes".to_owned()],
        candidates: crowds.iter().map(|crowd| crowd.subject()).collect(),
        base: None,
        samples: vec![vec![Vec::new()]; crowds.len()],
    };
    let mut loads = table("loads", "loads");
    let mut time = table("until all have it", "ms");
    let mut reads = table("reads by Redis", "reads");
    for round in 0..extent.pick(1, 7, 21) {
        for turn in 0..crowds.len() {
            let at = (round + turn) % crowds.len();
            let before = host.block_on(server::reads(&server));
            let stampede = crowds[at].stampede(&format!("cold:{round}"), TASKS);
            // The second question is read, too.
            let read = host.block_on(server::reads(&server)) - before - 1;
            loads.samples[at][0].push(stampede.loads as f64);
            time.samples[at][0].push(stampede.took.as_secs_f64() * 1e3);
            reads.samples[at][0].push(read as f64);
        }
    }
    Section {
        id: "stampede-redis".to_owned(),
        title: "Stampede over two nodes".to_owned(),
        about: ABOUT.to_owned(),
        tables: vec![loads, time, reads],
        goals: Vec::new(),
    }
}
