//! One set of servers and nodes, from their start to their end.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use cacheflow_testkit::history::Summary;

use super::children::Node;
use super::faults::{Deck, Scene};
use super::judge::Judge;
use super::servers::{Servers, Setting};
use crate::args::{NodeSettings, Soak};
use crate::database::Database;
use crate::random::Random;
use crate::wire::Counts;
use crate::world::ROWS;

const MAX_STALENESS: Duration = Duration::from_secs(2);
/// For how long all nodes must say that they are well until it counts as calm.
const WELL_FOR: Duration = Duration::from_millis(500);
/// A bound: nobody is to be ill for longer after a fault is over.
const WELL_WITHIN: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(20);

pub(crate) struct Round<'s> {
    pub(crate) number: u32,
    pub(crate) setting: Setting,
    pub(crate) soak: &'s Soak,
    pub(crate) time: Duration,
}

/// What a round has shown.
#[derive(Default)]
pub(crate) struct Outcome {
    pub(crate) summary: Summary,
    pub(crate) counts: Counts,
    pub(crate) faults: BTreeMap<&'static str, u32>,
    pub(crate) broken: Option<String>,
    /// The longest that it took from a fault's end until all were well.
    pub(crate) slowest_recovery: Duration,
}

impl Round<'_> {
    pub(crate) async fn run(self, deck: &mut Deck) -> Outcome {
        let (setting, nodes) = (self.setting, self.soak.nodes);
        println!(
            "round {}: {setting:?}, {nodes} nodes, {:?}",
            self.number, self.time
        );
        let servers = Servers::start(setting, nodes).await;
        let judge = Judge::new(nodes, MAX_STALENESS);
        let path = servers.folder.join("database");
        drop(Database::create(&path, ROWS).expect("a database"));

        let mut children = Vec::new();
        let mut listeners = Vec::new();
        for (node, ways) in servers.ways.iter().enumerate() {
            let settings = NodeSettings {
                node,
                nodes,
                seed: self.soak.seed * 1000 + u64::from(self.number),
                store: ways.store.url(),
                bus: ways.bus.url(),
                database: path.clone(),
                max_staleness: MAX_STALENESS,
            };
            let (child, told) = Node::start(&settings);
            let judge = judge.clone();
            listeners.push(thread::spawn(move || judge.listen(node, told)));
            children.push(child);
        }
        let mut outcome = Outcome::default();
        let mut scene = Scene {
            servers,
            children,
            judge: judge.clone(),
            random: Random::of(&[self.soak.seed, 77, u64::from(self.number)]),
            is_short: self.soak.minutes.is_none(),
        };
        recover(&judge, "the start").await;
        judge.calmed();
        self.disturb(&mut scene, deck, &mut outcome).await;

        for child in &mut scene.children {
            child.resume();
            child.stop();
        }
        let ends = tokio::task::spawn_blocking(move || {
            let all = listeners.into_iter().map(thread::JoinHandle::join);
            let listened = all.filter(Result::is_err).count() == 0;
            let ended = scene
                .children
                .iter_mut()
                .map(Node::wait)
                .filter(|good| !good)
                .count();
            (listened, ended, scene)
        });
        let (listened, bad_ends, _scene) = ends.await.expect("the end of the round");
        let (summary, counts, broken, ended) = judge.finish();
        let ended_badly = (bad_ends > 0 || ended < nodes || !listened)
            .then(|| format!("{ended} of {nodes} nodes said a last word, {bad_ends} ended badly"));
        outcome.broken = broken.or(ended_badly);
        (outcome.summary, outcome.counts) = (summary, counts);
        outcome
    }

    /// Calm and faults in turn, until the time is over or something is broken.
    async fn disturb(&self, scene: &mut Scene, deck: &mut Deck, outcome: &mut Outcome) {
        let started = Instant::now();
        let judge = scene.judge.clone();
        let (shortest, longest) = if scene.is_short {
            (300, 600)
        } else {
            (3000, 7000)
        };
        loop {
            let calm = scene.random.millis(shortest, longest);
            let left = self.time.saturating_sub(started.elapsed());
            if !pass(&judge, calm.min(left)).await || calm >= left {
                return;
            }
            let fault = deck.draw();
            judge.disturbed(fault.name());
            *outcome.faults.entry(fault.name()).or_default() += 1;
            let begun = Instant::now();
            scene.inflict(fault).await;
            let lasted = begun.elapsed();
            judge.remark(&format!("fault over: {}", fault.name()));
            let recovered = recover(&judge, fault.name()).await;
            outcome.slowest_recovery = outcome.slowest_recovery.max(recovered);
            println!(
                "  {:>6.1} s  {}, {:.1} s; all well {:.1} s later",
                started.elapsed().as_secs_f64(),
                fault.name(),
                lasted.as_secs_f64(),
                recovered.as_secs_f64(),
            );
            judge.calmed();
            if judge.has_failed() {
                return;
            }
        }
    }
}

/// Lets time pass; `false` if something was broken meanwhile.
pub(crate) async fn pass(judge: &Judge, time: Duration) -> bool {
    let until = Instant::now() + time;
    let mut looks = tokio::time::interval(LOOK_EVERY);
    while Instant::now() < until && !judge.has_failed() {
        looks.tick().await;
    }
    !judge.has_failed()
}

/// Waits until all nodes are well, and says how long they were not.
async fn recover(judge: &Judge, from: &str) -> Duration {
    let begun = Instant::now();
    let mut well_since = None;
    let mut looks = tokio::time::interval(LOOK_EVERY);
    while !judge.has_failed() {
        looks.tick().await;
        if !judge.are_all_well() {
            well_since = None;
            if begun.elapsed() > WELL_WITHIN {
                let ill = judge.who_is_not_well();
                judge.broke(format!(
                    "after {from} the nodes {ill} are not well for {WELL_WITHIN:?}"
                ));
            }
            continue;
        }
        let since = *well_since.get_or_insert_with(Instant::now);
        if since.elapsed() >= WELL_FOR {
            return since.duration_since(begun);
        }
    }
    begun.elapsed()
}
