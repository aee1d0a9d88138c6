//! One phase of the measurement: all tasks at once, for a given time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::{Tally, reader, writer};
use crate::instance::{Instance, LevelStats};
use crate::oracle::Oracle;
use crate::progress::Bar;
use crate::sequence::Sequence;
use crate::shop::{Shop, Size};

/// How often the progress bar moves.
const TICK: Duration = Duration::from_millis(100);

/// How much is asked of the instances.
#[derive(Clone, Debug)]
pub(crate) struct Load {
    /// How long the phase takes.
    pub(crate) length: Duration,
    /// Tasks that read, one request after another, without a pause.
    pub(crate) readers: usize,
    /// Tasks that change a row and invalidate it, one every `change_every`.
    pub(crate) writers: usize,
    pub(crate) change_every: Duration,
    /// How long the last requests may take once the time is up, before they count as failed.
    pub(crate) patience: Duration,
    pub(crate) seed: u64,
}

/// Who is asked, about what, and who judges.
pub(crate) struct Scene<I> {
    pub(crate) instances: Vec<Arc<I>>,
    pub(crate) shop: Arc<Shop>,
    pub(crate) size: Size,
    pub(crate) sequence: Arc<Sequence>,
    pub(crate) oracle: Oracle,
}

/// What came of a phase.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    pub(crate) tally: Tally,
    pub(crate) elapsed: Duration,
    /// Queries that the database ran for readers.
    pub(crate) queries: u64,
    pub(crate) levels: LevelStats,
}

/// What the tasks of one phase share.
pub(super) struct Phase<I> {
    pub(super) scene: Arc<Scene<I>>,
    pub(super) load: Load,
    pub(super) ends: Instant,
    /// The next request of the sequence.
    pub(super) cursor: AtomicU64,
}

/// Runs one phase. Task n works on instance n modulo their number.
pub(crate) async fn run<I: Instance>(scene: &Arc<Scene<I>>, load: &Load, bar: &Bar) -> Outcome {
    let queries_before = scene.shop.queries();
    let began = Instant::now();
    let phase = Arc::new(Phase {
        scene: Arc::clone(scene),
        load: load.clone(),
        ends: began + load.length,
        cursor: AtomicU64::new(0),
    });
    let mut tasks = JoinSet::new();
    for number in 0..load.readers {
        tasks.spawn(reader::work(Arc::clone(&phase), number));
    }
    for number in 0..load.writers {
        tasks.spawn(writer::work(Arc::clone(&phase), number));
    }
    let tally = gather(&mut tasks, &phase, began, bar).await;
    Outcome {
        tally,
        elapsed: began.elapsed(),
        queries: scene.shop.queries() - queries_before,
        levels: levels(&scene.instances),
    }
}

/// Waits for the tasks and moves the bar meanwhile. A task that hangs fails the run, and does not hang it.
async fn gather<I: Instance>(
    tasks: &mut JoinSet<Tally>,
    phase: &Phase<I>,
    began: Instant,
    bar: &Bar,
) -> Tally {
    let mut all = Tally::new();
    let mut ticks = tokio::time::interval(TICK);
    let gives_up = tokio::time::sleep_until((phase.ends + phase.load.patience).into());
    tokio::pin!(gives_up);
    loop {
        tokio::select! {
            joined = tasks.join_next() => match joined {
                None => return all,
                Some(Ok(tally)) => all.add(tally),
                Some(Err(error)) => all.failed(format!("a task ended early: {error}")),
            },
            _ = ticks.tick() => bar.at(began.elapsed(), phase.cursor.load(Ordering::Relaxed)),
            () = &mut gives_up => {
                let patience = phase.load.patience;
                for _ in 0..tasks.len() {
                    all.failed(format!("a request was not answered within {patience:?}"));
                }
                tasks.abort_all();
                return all;
            }
        }
    }
}

fn levels<I: Instance>(instances: &[Arc<I>]) -> LevelStats {
    instances
        .iter()
        .map(|instance| instance.stats())
        .fold(LevelStats::default(), |all, one| all + one)
}
