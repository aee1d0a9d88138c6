//! One run of a warmer: in its turn, within its time, whatever becomes of it.

use std::sync::Arc;

use tokio::task::{AbortHandle, JoinError};
use tokio::time::Instant;
use tracing::Instrument;

use super::batch::Tally;
use super::ready::ready;
use super::turn::{Taken, Turn};
use super::warming::{Progress, Registered};
use super::{WarmPlan, WarmProgress, WarmReport, Warmed, Warming};
use crate::error::BoxError;
use crate::event::Event;
use crate::flow::CacheFlow;

/// Why a warmer runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// Somebody has asked for it, here: whether another node warms is of no matter.
    Asked,
    /// The start waits for it; and so it waits for another node that runs it.
    Required,
    /// It is time for it.
    Due,
    /// Much was forgotten.
    Forgotten,
}

/// What a run says that did not come to its end for that.
const ENDED: &str = "the flow ended";

tokio::task_local! {
    static PRESENT: Run;
}

/// What those who fill caches within a run know of it.
#[derive(Clone)]
pub(super) struct Run {
    warmer: Arc<str>,
    tally: Arc<Tally>,
    progress: Option<Progress>,
}

impl Run {
    pub(super) fn new(warmer: &str, progress: Option<Progress>) -> Self {
        Self {
            warmer: warmer.into(),
            tally: Arc::default(),
            progress,
        }
    }

    /// That of the present task.
    pub(super) fn present() -> Option<Self> {
        PRESENT.try_with(Self::clone).ok()
    }

    pub(super) fn warmer(&self) -> &Arc<str> {
        &self.warmer
    }

    /// So much more was dealt with.
    pub(super) fn add(&self, report: WarmReport) {
        self.tally.add(report);
    }

    pub(super) fn tell(&self, progress: WarmProgress) {
        let WarmProgress {
            warmer,
            cache,
            done,
            total,
        } = &progress;
        tracing::debug!(%warmer, %cache, done, total, "warming");
        if let Some(tell) = &self.progress {
            tell(&progress);
        }
    }
}

impl Warming {
    /// Runs a warmer, one run at a time, and tells what came of it.
    pub(super) async fn run(
        self: &Arc<Self>,
        flow: &CacheFlow,
        it: &Arc<Registered>,
        plan: &WarmPlan,
        why: Why,
    ) -> Warmed {
        let begun = Instant::now();
        let _alone = it.running.lock().await;
        if self.is_stopped() {
            let nothing = WarmReport::default();
            let error = vec![ENDED.to_owned()];
            return it.warmed(nothing, begun.elapsed(), error, false);
        }
        let run = Run::new(&it.name, self.progress());
        let asks_others = why != Why::Asked && !plan.per_node && flow.shared().is_some();
        let taken = match asks_others {
            true => Turn::take(flow, &it.name, plan, why).await,
            false => Taken::Unknown,
        };
        let working = self.within_bounds(flow, it, plan, &run);
        let (turn, ended) = match taken {
            Taken::Others => {
                tracing::debug!(warmer = %it.name, "another node warms, or has done so");
                let nothing = WarmReport::default();
                return it.warmed(nothing, begun.elapsed(), Vec::new(), true);
            }
            Taken::Unknown => (None, working.await),
            Taken::Mine(turn) => {
                let ended = turn.while_mine(working).await;
                (Some(turn), ended)
            }
        };
        if let Some(turn) = turn {
            turn.end(ended.is_ok()).await;
        }
        let kept = run.tally.report();
        let warmed = match ended {
            // Who fills caches in a way of its own knows better.
            Ok(report) => it.warmed(report, begun.elapsed(), Vec::new(), false),
            Err(error) => it.warmed(kept, begun.elapsed(), vec![error], false),
        };
        tell(flow, &it.name, &warmed);
        warmed
    }

    /// Does the work when there is room for it, until it is done or the flow ends.
    async fn within_bounds(
        &self,
        flow: &CacheFlow,
        it: &Arc<Registered>,
        plan: &WarmPlan,
        run: &Run,
    ) -> Result<WarmReport, String> {
        let work = async {
            let slots = self.slots(flow);
            let _slot = slots.acquire().await;
            within_time(flow, it, plan, run).await
        };
        tokio::select! {
            ended = work => ended,
            () = self.stopped() => Err(ENDED.to_owned()),
        }
    }
}

/// In a task of its own, which may panic, or never come back.
async fn within_time(
    flow: &CacheFlow,
    it: &Arc<Registered>,
    plan: &WarmPlan,
    run: &Run,
) -> Result<WarmReport, String> {
    let (warmer, flow) = (Arc::clone(&it.warmer), flow.clone());
    let warming = PRESENT.scope(run.clone(), async move {
        ready(&flow).await;
        warmer.warm(&flow).await
    });
    // What a warmer reads and fills stands within its span.
    let span = tracing::debug_span!("cacheflow.warm", warmer = %it.name);
    let task = tokio::spawn(warming.instrument(span));
    let _abort = Abort(task.abort_handle());
    match tokio::time::timeout(plan.timeout, task).await {
        Ok(Ok(Ok(report))) => Ok(report),
        Ok(Ok(Err(error))) => Err(shown(&error)),
        Ok(Err(error)) => Err(died(error)),
        Err(_) => Err(format!("not done after {:?}", plan.timeout)),
    }
}

struct Abort(AbortHandle);

impl Drop for Abort {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// An error with what caused it.
fn shown(error: &BoxError) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

fn died(error: JoinError) -> String {
    let Ok(panic) = error.try_into_panic() else {
        return "the runtime ended".to_owned();
    };
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    format!("panicked: {}", text.unwrap_or("without a text"))
}

fn tell(flow: &CacheFlow, name: &Arc<str>, warmed: &Warmed) {
    let (items, refused, failed) = (warmed.items_warmed, warmed.refused, warmed.failed);
    let duration = warmed.duration;
    match warmed.errors.first() {
        None => {
            tracing::info!(warmer = %name, items, refused, failed, ?duration, "warmed");
            flow.event_sink().tell(|| Event::Warmed {
                warmer: Arc::clone(name),
                items,
                refused,
                duration,
            });
        }
        Some(error) => {
            tracing::warn!(warmer = %name, error, items, ?duration, "not warmed");
            flow.event_sink().tell(|| Event::WarmingFailed {
                warmer: Arc::clone(name),
                error: error.as_str().into(),
            });
        }
    }
}
