//! Each operation, by one task and by many, with small and large values.

use std::sync::Arc;

use cacheflow_benches::results::{Better, Extent, Measured};
use cacheflow_benches_peers::remote::turns::{self, Candidate, calls, connect};
use cacheflow_benches_peers::remote::{
    Amalgam, Bare, BothLevels, CachedRedis, Call, Hitbox, MultiTier, Operation, RedisOnly, server,
    texts,
};
use cacheflow_testkit::RedisServer;

/// Where the table of hits stands among the tables.
pub(crate) const HIT: usize = 0;

/// Where bare redis-rs stands among the candidates of each table.
pub(crate) const BARE: usize = 0;

/// How many keys are read at once.
const MANY: usize = 100;

const TASKS: [usize; 2] = [1, 64];
const SMALL: usize = 100;
const MIDDLE: usize = 1_024;
const LARGE: usize = 102_400;

struct Work {
    title: &'static str,
    operation: Operation,
    sizes: &'static [usize],
}

/// A hundred values of 100 KiB at once, by 64 tasks, are no cache's work; and what
/// is forgotten is as quickly forgotten whatever its size.
const WORK: [Work; 6] = [
    Work::of("hit", Operation::Hit, &[SMALL, MIDDLE, LARGE]),
    Work::of(
        "miss: load and keep",
        Operation::Miss,
        &[SMALL, MIDDLE, LARGE],
    ),
    Work::of("put", Operation::Put, &[SMALL, MIDDLE, LARGE]),
    Work::of("put with a tag", Operation::TaggedPut, &[MIDDLE]),
    Work::of(
        "hit of 100 keys at once",
        Operation::GetMany,
        &[SMALL, MIDDLE],
    ),
    Work::of("invalidate a key", Operation::Invalidate, &[MIDDLE]),
];

impl Work {
    const fn of(title: &'static str, operation: Operation, sizes: &'static [usize]) -> Self {
        Self {
            title,
            operation,
            sizes,
        }
    }

    /// How many calls a turn has; as many for each candidate.
    fn calls(&self, extent: Extent, tasks: usize, bytes: usize) -> usize {
        let full = match (self.operation, bytes, tasks) {
            (Operation::GetMany, _, _) => 128,
            (_, LARGE, 1) => 192,
            (_, LARGE, _) => 512,
            (_, _, 1) => 1_024,
            _ => 4_096,
        };
        extent.pick(tasks, (full / 8).max(tasks), full)
    }
}

/// The tables, one for each operation.
pub(crate) async fn measure(extent: Extent) -> Vec<Measured> {
    let mut tables: Vec<Option<Measured>> = WORK.iter().map(|_| None).collect();
    for bytes in [SMALL, MIDDLE, LARGE] {
        // A server of its own for each size: they hold hundreds of megabytes.
        let server = server::started().await;
        let candidates = candidates(&server.url()).await;
        for (work, table) in WORK.iter().zip(&mut tables) {
            if !work.sizes.contains(&bytes) {
                continue;
            }
            let mut able: Vec<&dyn Candidate> = candidates.iter().map(|it| &**it).collect();
            able.retain(|candidate| candidate.can(work.operation));
            let table = table.get_or_insert_with(|| empty(work, &able));
            for tasks in TASKS {
                let calls = work.calls(extent, tasks, bytes);
                let scenario = Scenario {
                    server: &server,
                    work,
                    tasks,
                    calls,
                    bytes,
                    rounds: extent.pick(1, 3, 11),
                };
                table.scenarios.push(scenario.name());
                let taken = scenario.measure(&able).await;
                for (samples, taken) in table.samples.iter_mut().zip(taken) {
                    samples.push(taken);
                }
            }
        }
    }
    tables.into_iter().flatten().collect()
}

/// Bare redis-rs is the first of them.
async fn candidates(url: &str) -> Vec<Box<dyn Candidate>> {
    vec![
        connect::<Bare>(url).await,
        connect::<BothLevels>(url).await,
        connect::<RedisOnly>(url).await,
        connect::<CachedRedis>(url).await,
        connect::<Hitbox>(url).await,
        connect::<MultiTier>(url).await,
        connect::<Amalgam>(url).await,
    ]
}

fn empty(work: &Work, candidates: &[&dyn Candidate]) -> Measured {
    Measured {
        title: work.title.to_owned(),
        unit: "µs".to_owned(),
        better: Better::Less,
        scenarios: Vec::new(),
        candidates: candidates.iter().map(|it| it.subject()).collect(),
        base: Some(BARE),
        samples: vec![Vec::new(); candidates.len()],
    }
}

struct Scenario<'a> {
    server: &'a RedisServer,
    work: &'a Work,
    tasks: usize,
    calls: usize,
    bytes: usize,
    rounds: usize,
}

impl Scenario<'_> {
    fn name(&self) -> String {
        let tasks = if self.tasks == 1 { "task" } else { "tasks" };
        format!("{}, {} {tasks}", texts::size(self.bytes), self.tasks)
    }

    /// The samples of each candidate.
    async fn measure(&self, candidates: &[&dyn Candidate]) -> Vec<Vec<f64>> {
        let operation = self.work.operation;
        if matches!(operation, Operation::Hit | Operation::GetMany) {
            self.fill(candidates).await;
        }
        let mut taken = vec![Vec::with_capacity(self.rounds); candidates.len()];
        for round in 0..self.rounds {
            let calls = self.calls_of(round);
            for turn in 0..candidates.len() {
                // Another one begins in each round.
                let at = (round + turn) % candidates.len();
                if operation == Operation::Invalidate {
                    candidates[at].fill(&calls).await;
                }
                taken[at].push(candidates[at].turn(operation, self.tasks, &calls).await);
            }
            if operation == Operation::Miss {
                server::remove(self.server, "miss-").await;
            }
        }
        taken
    }

    /// The calls of a round: of keys that nobody has seen, for misses.
    fn calls_of(&self, round: usize) -> Arc<[Call]> {
        let what = match self.work.operation {
            Operation::Miss => format!("miss-{}-{round}", self.tasks),
            operation => format!("{operation:?}"),
        };
        let at_once = if self.work.operation == Operation::GetMany {
            MANY
        } else {
            1
        };
        calls(&what, self.calls, at_once, self.bytes)
    }

    /// What is read lies in Redis, kept by who reads it.
    async fn fill(&self, candidates: &[&dyn Candidate]) {
        let calls = self.calls_of(0);
        let each = calls.iter().flat_map(turns::one_by_one);
        let each: Arc<[Call]> = each.collect();
        for candidate in candidates {
            candidate.fill(&each).await;
        }
    }
}
