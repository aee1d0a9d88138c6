//! Warmers that are found: functions under `#[cache_warmer]`.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use super::{CacheWarmer, WarmPlan, WarmReport, Warming};
use crate::error::BoxError;
use crate::flow::{CacheFlow, FlowBuilder};

/// What a function that warms gives, when it is called.
pub type WarmingFuture<'a> =
    Pin<Box<dyn Future<Output = Result<WarmReport, BoxError>> + Send + 'a>>;

/// A function under `#[cache_warmer]`.
pub struct FunctionWarmer {
    name: &'static str,
    caches: &'static [&'static str],
    is_required: bool,
    plan: fn() -> WarmPlan,
    warm: for<'a> fn(&'a CacheFlow) -> WarmingFuture<'a>,
}

inventory::collect!(FunctionWarmer);

impl FunctionWarmer {
    /// What its attribute says of it.
    #[must_use]
    pub const fn new(
        name: &'static str,
        caches: &'static [&'static str],
        is_required: bool,
        plan: fn() -> WarmPlan,
        warm: for<'a> fn(&'a CacheFlow) -> WarmingFuture<'a>,
    ) -> Self {
        Self {
            name,
            caches,
            is_required,
            plan,
            warm,
        }
    }
}

impl fmt::Debug for FunctionWarmer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FunctionWarmer")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// One that a flow has found.
struct Discovered(&'static FunctionWarmer);

#[async_trait::async_trait]
impl CacheWarmer for Discovered {
    fn name(&self) -> &str {
        self.0.name
    }

    fn caches(&self) -> Vec<String> {
        self.0.caches.iter().map(|it| (*it).to_owned()).collect()
    }

    fn plan(&self) -> WarmPlan {
        (self.0.plan)()
    }

    async fn warm(&self, flow: &CacheFlow) -> Result<WarmReport, BoxError> {
        (self.0.warm)(flow).await
    }
}

impl FlowBuilder {
    /// Registers every function of the program that is under `#[cache_warmer]`, with what the
    /// attribute says of it; those in the crates that it is made of as well. In a process with two flows,
    /// each that says so has all of them.
    pub fn discover_warmers(self) -> Self {
        let warming = self.storeys().of::<Warming>();
        let mut all: Vec<_> = inventory::iter::<FunctionWarmer>.into_iter().collect();
        // In whatever order the linker has put them.
        all.sort_unstable_by_key(|found| found.name);
        for found in all {
            warming.register(Arc::new(Discovered(found)), found.is_required);
        }
        self
    }
}
