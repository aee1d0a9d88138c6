//! When warmers run by themselves.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep};

use super::run::Why;
use super::warming::Registered;
use super::{WarmPlan, Warmed, Warming};
use crate::clock::unix_millis;
use crate::config::{CacheWarming, Faults};
use crate::error::{Error, ErrorKind, Result};
use crate::flow::{Above, AnyCache, CacheFlow, WeakFlow};
use crate::key::CacheName;

/// What runs has so long to come to its end, when the flow ends.
const GRACE: Duration = Duration::from_secs(1);

/// The longest name of a warmer, in bytes.
const LONGEST_NAME: usize = 128;

#[async_trait::async_trait]
impl Above for Warming {
    fn check(&self, faults: &mut Faults) {
        let all = self.all();
        for (place, it) in all.iter().enumerate() {
            if it.name.is_empty() || it.name.len() > LONGEST_NAME {
                faults.add(format!(
                    "warmer name = {:?}: allowed are 1 to {LONGEST_NAME} bytes",
                    it.name
                ));
            }
            if all[..place].iter().any(|other| other.name == it.name) {
                faults.add(format!("warmer {}: allowed is one of a name", it.name));
            }
            it.plan.check(&it.name, faults);
        }
    }

    async fn begin(self: Arc<Self>, flow: &CacheFlow) -> Result<()> {
        if !flow.config().warming.enabled {
            return Ok(());
        }
        let mut required = Vec::new();
        for it in self.all() {
            if it.is_required {
                required.push((Arc::clone(&it.name), self.start(flow, &it)));
                let later = it.plan.clone().on_startup(false);
                self.schedule(flow, &it, later);
            } else {
                self.schedule(flow, &it, it.plan.clone());
            }
        }
        all_ready(flow, required).await
    }

    fn built(
        self: Arc<Self>,
        flow: &CacheFlow,
        name: &CacheName,
        options: &CacheWarming,
        cache: Arc<dyn AnyCache>,
    ) -> bool {
        if !flow.config().warming.enabled {
            return true;
        }
        self.bring_back(flow, name, &cache);
        let of_it = self.of_cache(name.as_str());
        for it in &of_it {
            let plan = WarmPlan::from(options);
            // Not once more, if it has run at the start anyway.
            let on_startup = plan.on_startup && !it.plan.on_startup;
            self.rewarm(flow, it, &plan, &*cache);
            self.schedule(flow, it, plan.on_startup(on_startup));
        }
        !of_it.is_empty()
    }

    async fn stop(&self, flow: &CacheFlow) {
        self.stop_all();
        self.note_keys(flow);
        // Whoever holds leases gives them back: another node need not wait until they end.
        for it in self.all() {
            let _ = tokio::time::timeout(GRACE, it.running.lock()).await;
        }
    }
}

impl Warming {
    /// Runs a warmer by `plan` from now on, in the background; not outside of a runtime.
    fn schedule(self: &Arc<Self>, flow: &CacheFlow, it: &Arc<Registered>, plan: WarmPlan) {
        let (warming, it, weak) = (Arc::clone(self), Arc::clone(it), flow.downgrade());
        if !plan.on_startup && plan.every.is_none() && plan.cron.is_none() {
            return;
        }
        let name = Arc::clone(&it.name);
        self.spawn(flow, &name, async move {
            warming.keep_to(&weak, &it, &plan).await;
        });
    }

    /// Does `work` in the background, until the flow ends; not outside of a runtime.
    pub(super) fn spawn(
        self: &Arc<Self>,
        flow: &CacheFlow,
        name: &str,
        work: impl Future<Output = ()> + Send + 'static,
    ) {
        if tokio::runtime::Handle::try_current().is_err() {
            tracing::warn!(
                warmer = name,
                "not warmed by itself: the cache was built outside of a tokio runtime"
            );
            return;
        }
        let warming = Arc::clone(self);
        flow.background().spawn_idle(async move {
            let stopped = async {
                warming.stopped().await;
                sleep(2 * GRACE).await;
            };
            tokio::select! {
                () = work => {}
                () = stopped => {}
            }
        });
    }

    /// Keeps to a plan, until the flow is gone.
    async fn keep_to(self: &Arc<Self>, weak: &WeakFlow, it: &Arc<Registered>, plan: &WarmPlan) {
        let mut ticks = plan.every.map(|every| {
            let mut ticks = interval_at(Instant::now() + every, every);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            ticks
        });
        let cron = plan.table();
        if plan.on_startup
            && let Some(flow) = weak.upgrade()
        {
            self.run(&flow, it, plan, Why::Due).await;
        }
        loop {
            match (&mut ticks, &cron) {
                (Some(ticks), _) => {
                    ticks.tick().await;
                }
                (None, Some(cron)) => {
                    let Some(pause) = cron.next(Duration::from_millis(unix_millis())) else {
                        return;
                    };
                    sleep(pause).await;
                }
                (None, None) => return,
            }
            let Some(flow) = weak.upgrade() else { return };
            self.run(&flow, it, plan, Why::Due).await;
        }
    }

    /// Runs a warmer that the start waits for; it goes on if the start does without it.
    fn start(
        self: &Arc<Self>,
        flow: &CacheFlow,
        it: &Arc<Registered>,
    ) -> oneshot::Receiver<Warmed> {
        let (ended, end) = oneshot::channel();
        let (warming, it, weak) = (Arc::clone(self), Arc::clone(it), flow.downgrade());
        let name = Arc::clone(&it.name);
        self.spawn(flow, &name, async move {
            if let Some(flow) = weak.upgrade() {
                let warmed = warming.run(&flow, &it, &it.plan, Why::Required).await;
                // Nobody waits any more, if the start is over.
                let _ = ended.send(warmed);
            }
        });
        end
    }
}

/// Waits for the warmers that the start requires.
async fn all_ready(
    flow: &CacheFlow,
    required: Vec<(Arc<str>, oneshot::Receiver<Warmed>)>,
) -> Result<()> {
    let options = &flow.config().warming;
    let until = Instant::now() + options.required_timeout;
    let mut missing = Vec::new();
    for (name, end) in required {
        match tokio::time::timeout_at(until, end).await {
            Ok(Ok(warmed)) if warmed.is_ok() => {}
            Ok(Ok(warmed)) => missing.push(format!("{name}: {}", warmed.errors.join("; "))),
            Ok(Err(_)) => missing.push(format!("{name}: the flow ended")),
            Err(_) => missing.push(format!(
                "{name}: not done after {:?}",
                options.required_timeout
            )),
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let missing = missing.join("; ");
    if options.start_without_required {
        tracing::warn!(missing, "the flow starts without warmers that it requires");
        return Ok(());
    }
    Err(Error::new(ErrorKind::Warming, "build", missing))
}
