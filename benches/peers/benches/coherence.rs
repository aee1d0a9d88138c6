//! How soon, and how quickly, another node forgets: see `README.md`.

mod coherence {
    pub(crate) mod linked;
    pub(crate) mod pair;
    pub(crate) mod prober;
    pub(crate) mod tag;
}

use cacheflow_benches::results::{Better, Extent, Goal, Measured, Section};
use cacheflow_benches::section;
use cacheflow_benches_peers::remote::{quantiles, server};

use coherence::linked::{Link, linked};
use coherence::pair::{Amalgam, Bare, MultiTier, Ours, keys};
use coherence::tag;

fn main() {
    section::run(measure);
}

const ABOUT: &str = "\
Two nodes in one process, each with one thread of its own and its own connections, and one `redis-server` over loopback. \
One node forgets a key; the other has it in memory, waits for the news, looks into its memory, and takes the time when the key is gone. \
One key at a time, thousands in a round.

- `redis` is PUBLISH of the key on one connection, and the message on a subscription, with nothing done about it: the floor.
- `amalgam-cache` has its backplane; `multi-tier-cache` its publisher and subscriber, with a handler that removes from the node's memory. \
Neither records what it publishes: a node that misses a message is never told, and such a round is not counted.
- hitbox and `cached` tell other nodes nothing.

Forgotten per second: all keys are in the other node's memory; the time is from the first call until the last key is gone there. \
What the applying node's one thread used for it shows what it could apply if the other node and Redis had processors of their own.

A tag: everything that carries it is forgotten. amalgam-cache writes a marker and lets entries lie until they expire; multi-tier-cache \
has no tags, and is asked for a pattern of keys. `PING` is sent every millisecond on a connection of its own; what it waits for includes \
what this machine does besides, which the same prober measured before. `SLOWLOG` is what Redis says of its own commands.";

fn measure(extent: Extent) -> Section {
    let host = tokio::runtime::Runtime::new().expect("a runtime");
    let server = host.block_on(server::started());
    let links: [Box<dyn Link>; 4] = [
        linked::<Bare>(&server.url()),
        linked::<Ours>(&server.url()),
        linked::<Amalgam>(&server.url()),
        linked::<MultiTier>(&server.url()),
    ];
    let latency = latency(&links, extent);
    let [per_second, processor] = applied(&links, extent);
    drop(links);
    let tags = tag::measure(extent);
    let goals = [
        goals_of_latency(&latency),
        goals_of_applying(&per_second, &processor),
        tags.goals,
    ];
    Section {
        id: "coherence".to_owned(),
        title: "Coherence".to_owned(),
        about: ABOUT.to_owned(),
        goals: goals.concat(),
        tables: [vec![latency, per_second, processor], tags.tables].concat(),
    }
}

fn table(
    title: &str,
    unit: &str,
    better: Better,
    scenarios: &[&str],
    links: &[Box<dyn Link>],
) -> Measured {
    Measured {
        title: title.to_owned(),
        unit: unit.to_owned(),
        better,
        scenarios: scenarios.iter().map(|it| (*it).to_owned()).collect(),
        candidates: links.iter().map(|link| link.subject()).collect(),
        base: Some(0),
        samples: vec![vec![Vec::new(); scenarios.len()]; links.len()],
    }
}

fn latency(links: &[Box<dyn Link>], extent: Extent) -> Measured {
    let (rounds, events) = (extent.pick(1, 3, 9), extent.pick(20, 400, 2_000));
    let title = "until a key is gone from another node's memory";
    let mut table = table(title, "µs", Better::Less, &quantiles::NAMES, links);
    for round in 0..rounds {
        let keys = keys(&format!("latency-{round}"), events);
        for turn in 0..links.len() {
            let at = (round + turn) % links.len();
            let times = quantiles::of(links[at].latencies(&keys));
            for (samples, time) in table.samples[at].iter_mut().zip(times) {
                samples.push(time);
            }
        }
    }
    table
}

/// How many keys a call names, and how many tasks call: each as often.
const CALLS: [(usize, usize); 2] = [(1, 64), (100, 8)];

fn applied(links: &[Box<dyn Link>], extent: Extent) -> [Measured; 2] {
    let (rounds, events) = (extent.pick(1, 2, 5), extent.pick(1_600, 1_600, 8_000));
    let scenarios = ["1 key per call, 64 tasks", "100 keys per call, 8 tasks"];
    let title = "keys forgotten per second, until gone on the other node";
    let mut per_second = table(title, "keys/s", Better::More, &scenarios, links);
    let title = "processor time of the node that applies, per key";
    let mut processor = table(title, "µs", Better::Less, &scenarios, links);
    for round in 0..rounds {
        for (scenario, (at_once, tasks)) in CALLS.into_iter().enumerate() {
            let keys = keys(&format!("applied-{round}-{at_once}"), events);
            for turn in 0..links.len() {
                let at = (round + turn) % links.len();
                if let Some(applied) = links[at].applied(&keys, at_once, tasks) {
                    per_second.samples[at][scenario].push(applied.per_second);
                    processor.samples[at][scenario].push(applied.processor);
                }
            }
        }
    }
    [per_second, processor]
}

const OURS: usize = 1;

fn goals_of_latency(latency: &Measured) -> Vec<Goal> {
    let p50 = latency.ratio(OURS, 0, 0).map_or(f64::NAN, |it| it.median);
    let p99 = latency.spread(OURS, 1).map_or(f64::NAN, |it| it.median);
    let what = "until a key is gone from another node's memory";
    vec![
        Goal {
            what: format!("{what}, p50"),
            target: "≤ 1.3 × bare PUBLISH → message".to_owned(),
            limit: 1.3,
            better: Better::Less,
            measured: p50,
            tried: "Redis sends nothing before the script that numbers, records and removes has ended; an empty script \
                    costs it about 8 µs of its time, the functions that the scripts share another 10, \
                    and a dozen commands within it the rest. Each script gets only the parts that it needs, what lies there is \
                    asked for and removed together, the journal's life is prolonged once: a seventh less. The applying \
                    node reads JSON, applies, and wakes its listener, where PUBLISH has only that"
                .to_owned(),
        },
        Goal {
            what: format!("{what}, p99 in ms"),
            target: "< 1 ms".to_owned(),
            limit: 1.0,
            better: Better::Less,
            measured: p99 / 1e3,
            tried: "two nodes, Redis and the machine's other work share the processors: bare PUBLISH has its p99 between \
                    0.1 and 1.9 ms there, as the machine is busy"
                .to_owned(),
        },
    ]
}

fn goals_of_applying(per_second: &Measured, processor: &Measured) -> Vec<Goal> {
    let median = |table: &Measured, scenario| {
        table
            .spread(OURS, scenario)
            .map_or(f64::NAN, |it| it.median)
    };
    let goal = |what: &str, measured, tried: &str| Goal {
        what: what.to_owned(),
        target: "≥ 50,000 per second".to_owned(),
        limit: 50_000.0,
        better: Better::More,
        measured,
        tried: tried.to_owned(),
    };
    vec![
        goal(
            "keys forgotten and applied by another node, 100 in a call",
            median(per_second, 1),
            "by the clock; both nodes and Redis share the processors. Calls that come together are one record, of up to \
             200 keys, so that no answer tells one's own records; the script asks for what was made of all keys at once, and unlinks them at \
             once, and is left with one read of each value's front. The applying \
             node needs 11 to 12 µs for a key however many a record has: that is what is left",
        ),
        goal(
            "calls that forget one key each, applied by another node",
            1e6 / median(processor, 0),
            "by the processor time of the applying node's only thread. Calls of 64 tasks are recorded together, which \
             makes 2,700 calls per second 12,300 by the clock, and takes a third off what the applying node needs for each; \
             what has arrived is heard at once",
        ),
    ]
}
