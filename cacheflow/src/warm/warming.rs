//! All that warms a flow.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, watch};

use super::run::Why;
use super::snapshot::Snapshots;
use super::{CacheWarmer, WarmPlan, WarmProgress, WarmReport, Warmed};
use crate::error::{Error, ErrorKind, Result};
use crate::flow::CacheFlow;
use crate::together::together;

/// Is told how far a warmer is.
pub(super) type Progress = Arc<dyn Fn(&WarmProgress) + Send + Sync>;

/// The warmers of one flow.
#[derive(Default)]
pub(crate) struct Warming {
    warmers: Mutex<Vec<Arc<Registered>>>,
    setup: Mutex<Setup>,
    slots: OnceLock<Arc<Semaphore>>,
    stopped: watch::Sender<bool>,
    pub(super) snapshots: Snapshots,
}

/// What its builder was told.
#[derive(Default)]
pub(super) struct Setup {
    pub(super) progress: Option<Progress>,
}

/// A warmer of the flow.
pub(super) struct Registered {
    pub(super) name: Arc<str>,
    pub(super) caches: Vec<String>,
    pub(super) plan: WarmPlan,
    /// The start waits for it.
    pub(super) is_required: bool,
    pub(super) warmer: Arc<dyn CacheWarmer>,
    /// One run at a time.
    pub(super) running: tokio::sync::Mutex<()>,
}

impl Registered {
    pub(super) fn warmed(
        &self,
        report: WarmReport,
        duration: Duration,
        errors: Vec<String>,
        by_another: bool,
    ) -> Warmed {
        Warmed {
            warmer: self.name.to_string(),
            caches: self.caches.clone(),
            items_warmed: report.items_warmed,
            refused: report.refused,
            failed: report.failed,
            duration,
            errors,
            by_another,
        }
    }

    fn fills(&self, cache: &str) -> bool {
        self.caches.iter().any(|filled| filled == cache)
    }
}

impl Warming {
    pub(super) fn register(&self, warmer: Arc<dyn CacheWarmer>, is_required: bool) {
        let plan = warmer.plan();
        self.registered().push(Arc::new(Registered {
            name: warmer.name().into(),
            caches: warmer.caches(),
            plan: plan.clone().on_startup(plan.on_startup || is_required),
            is_required,
            warmer,
            running: tokio::sync::Mutex::default(),
        }));
    }

    /// A cache's own. When it runs, the cache's options say, as to every warmer of it.
    pub(super) fn register_own(&self, warmer: Arc<dyn CacheWarmer>) {
        self.registered().push(Arc::new(Registered {
            name: warmer.name().into(),
            caches: warmer.caches(),
            plan: warmer.plan().only_on_demand(),
            is_required: false,
            warmer,
            running: tokio::sync::Mutex::default(),
        }));
    }

    pub(super) fn all(&self) -> Vec<Arc<Registered>> {
        self.registered().clone()
    }

    /// Those that fill this cache.
    pub(super) fn of_cache(&self, cache: &str) -> Vec<Arc<Registered>> {
        let all = self.registered();
        all.iter().filter(|it| it.fills(cache)).cloned().collect()
    }

    pub(super) fn setup(&self) -> MutexGuard<'_, Setup> {
        self.setup.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn progress(&self) -> Option<Progress> {
        self.setup().progress.clone()
    }

    /// Room for so many that run at once.
    pub(super) fn slots(&self, flow: &CacheFlow) -> Arc<Semaphore> {
        let slots = || Arc::new(Semaphore::new(flow.config().warming.parallelism));
        Arc::clone(self.slots.get_or_init(slots))
    }

    /// Ends whatever runs, for good.
    pub(super) fn stop_all(&self) {
        self.stopped.send_replace(true);
    }

    pub(super) fn is_stopped(&self) -> bool {
        *self.stopped.borrow()
    }

    /// When that was told.
    pub(super) async fn stopped(&self) {
        // An error would say that nobody can tell it any more: this can.
        let _ = self.stopped.subscribe().wait_for(|stopped| *stopped).await;
    }

    fn registered(&self) -> MutexGuard<'_, Vec<Arc<Registered>>> {
        self.warmers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CacheFlow {
    /// Runs all warmers that fill the cache of this name, and the one that has it as its own; now
    /// and on this node, whatever others do. One that runs already is run once more after that.
    ///
    /// What goes wrong in a warmer is no error, but told in [`Warmed::errors`].
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfig`] if there is no such warmer; [`ErrorKind::Closed`] after a shutdown.
    ///
    /// # Cancellation
    ///
    /// The warmers are dropped where they are. What they have kept until then stays.
    pub async fn warm(&self, name: &str) -> Result<Vec<Warmed>> {
        let all = self.storeys().of::<Warming>().all();
        let is_meant = |it: &&Arc<Registered>| &*it.name == name || it.fills(name);
        let meant: Vec<_> = all.iter().filter(is_meant).cloned().collect();
        if meant.is_empty() {
            let known: Vec<&str> = all.iter().map(|it| &*it.name).collect();
            let known = match known.is_empty() {
                true => "there is none".to_owned(),
                false => format!("there are {}", known.join(", ")),
            };
            let message = format!("no warmer fills {name:?} or has that name: {known}");
            return Err(Error::new(ErrorKind::InvalidConfig, "warm", message));
        }
        self.warm_these(meant).await
    }

    /// Runs all warmers of the flow, as [`warm`](Self::warm) does, so many at once as the flow's
    /// [parallelism](crate::FlowBuilder::warming_parallelism) says.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Closed`] after a shutdown.
    ///
    /// # Cancellation
    ///
    /// As [`warm`](Self::warm).
    pub async fn warm_all(&self) -> Result<Vec<Warmed>> {
        let all = self.storeys().of::<Warming>().all();
        self.warm_these(all).await
    }

    async fn warm_these(&self, these: Vec<Arc<Registered>>) -> Result<Vec<Warmed>> {
        if self.is_closed() {
            return Err(Error::closed("warm"));
        }
        let warming = self.storeys().of::<Warming>();
        let runs = these
            .iter()
            .map(|it| warming.run(self, it, &it.plan, Why::Asked));
        Ok(together(runs.collect(), usize::MAX).await)
    }
}
