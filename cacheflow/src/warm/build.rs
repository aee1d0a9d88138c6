//! Warming: options of a flow's builder.

use std::sync::Arc;
use std::time::Duration;

use super::{CacheWarmer, WarmProgress, Warming};
use crate::flow::FlowBuilder;

impl FlowBuilder {
    /// Options of caches and of the flow may ask for warming without any of the methods here.
    pub(crate) fn with_warming(self) -> Self {
        self.storeys().of::<Warming>();
        self
    }

    /// Warms caches by `warmer`, in the background; when and how is in its
    /// [plan](CacheWarmer::plan). What does so for one cache alone can be said where that is built:
    /// [`CacheBuilder::warm_with`](crate::CacheBuilder::warm_with).
    pub fn warmer(self, warmer: impl CacheWarmer) -> Self {
        let warming = self.storeys().of::<Warming>();
        warming.register(Arc::new(warmer), false);
        self
    }

    /// The same, and the start waits for it: [`build`](Self::build) returns when it has come to its end,
    /// or fails ([`required_timeout`](Self::required_timeout),
    /// [`start_without_required`](Self::start_without_required)). If another node is just running it, that one
    /// is waited for.
    pub fn required_warmer(self, warmer: impl CacheWarmer) -> Self {
        let warming = self.storeys().of::<Warming>();
        warming.register(Arc::new(warmer), true);
        self
    }

    /// How long the start waits for the warmers that it requires; 1 ms to 366 days, by default 60 s.
    pub fn required_timeout(self, timeout: Duration) -> Self {
        self.set(move |config| config.warming.required_timeout = timeout)
    }

    /// Whether the flow starts although a required warmer has failed or is not done in time;
    /// then that is told in a warning, and the warmer goes on. By default not.
    pub fn start_without_required(self, start: bool) -> Self {
        self.set(move |config| config.warming.start_without_required = start)
    }

    /// Whether anything is warmed that nobody asks for: at the start, on a schedule. By default yes.
    /// What is [asked for](crate::CacheFlow::warm) is warmed anyway.
    pub fn warming(self, enabled: bool) -> Self {
        self.set(move |config| config.warming.enabled = enabled)
    }

    /// How many warmers run at once; 1 to 1024, by default 4.
    pub fn warming_parallelism(self, warmers: usize) -> Self {
        self.set(move |config| config.warming.parallelism = warmers)
    }

    /// Tells how far each warmer is, after each batch: to draw a bar. It is called by the warmer, which
    /// waits for it, so it should be short.
    pub fn warming_progress(
        self,
        progress: impl Fn(&WarmProgress) + Send + Sync + 'static,
    ) -> Self {
        let warming = self.storeys().of::<Warming>();
        warming.setup().progress = Some(Arc::new(progress));
        self
    }
}
