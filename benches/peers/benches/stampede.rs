//! A thousand tasks ask for one key that nobody has yet.

mod stampede {
    pub(crate) mod crowd;
    pub(crate) mod protections;
}

use cacheflow_benches::results::{Better, Extent, Goal, Measured, Section, Subject};
use cacheflow_benches::section;
use cacheflow_benches_peers::version;

use stampede::crowd::{Answered, TASKS};
use stampede::protections;

const ABOUT: &str = "1,000 tasks on a runtime with two workers ask for a key that is in no \
cache, a new one in each round. The load ends when the last of them has asked, so that all of \
them wait for it; then there is nothing but the cache's own work until all have the value. \
`moka get, insert` is what happens without protection. `cached` is used with \
`#[cached(sync_writes = \"by_key\")]`.";

fn main() {
    section::run(measure);
}

fn measure(extent: Extent) -> Section {
    let rounds = extent.pick(1, 15, 101);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let protections = runtime.block_on(async { protections::all() });
    let mut taken: Vec<Vec<Answered>> = vec![Vec::new(); protections.len()];
    for round in 0..rounds {
        for turn in 0..protections.len() {
            let place = (round + turn) % protections.len();
            let key = (round * protections.len() + turn) as u64;
            taken[place].push(runtime.block_on((protections[place].answer)(key)));
        }
    }
    let candidates = protections.iter().map(|it| match it.crate_name {
        Some(peer) => Subject::peer(it.name, &version(peer)),
        None => Subject::ours(it.name),
    });
    let candidates: Vec<Subject> = candidates.collect();
    let figures = |figure: fn(&Answered) -> f64| -> Vec<Vec<Vec<f64>>> {
        let of = |taken: &Vec<Answered>| vec![taken.iter().map(figure).collect()];
        taken.iter().map(of).collect()
    };
    let loads = Measured {
        title: "loads of one key".to_owned(),
        unit: "loads".to_owned(),
        better: Better::Less,
        scenarios: vec![format!("{TASKS} tasks")],
        candidates: candidates.clone(),
        base: None,
        samples: figures(|it| it.loads as f64),
    };
    let times = Measured {
        title: "until all tasks have the value".to_owned(),
        unit: "µs".to_owned(),
        better: Better::Less,
        scenarios: vec![format!("{TASKS} tasks")],
        base: candidates
            .iter()
            .position(|it| it.name == protections::BASE),
        candidates,
        samples: figures(|it| it.micros),
    };
    let goals = goal(&loads);
    Section {
        id: "stampede".to_owned(),
        title: "Stampede in one process".to_owned(),
        about: ABOUT.to_owned(),
        tables: vec![loads, times],
        goals,
    }
}

/// The most that any of ours has ever loaded a key.
fn goal(loads: &Measured) -> Vec<Goal> {
    let ours = (0..loads.candidates.len()).filter(|it| loads.candidates[*it].ours);
    let rounds = ours.flat_map(|candidate| loads.rounds(candidate, 0));
    let most = rounds.copied().fold(f64::NAN, f64::max);
    vec![Goal {
        what: format!("loads of a key that {TASKS} tasks ask for, at most"),
        target: "1".to_owned(),
        limit: 1.0,
        better: Better::Less,
        measured: most,
        tried: String::new(),
    }]
}
