//! What generated code calls. Not for use by hand: it changes without notice.

mod call;
mod companion;
mod copied;
mod entry;
mod evict;
mod in_process;
mod outcome;
mod part;
mod put;
mod said;
mod shape;
mod since;
mod site;
mod touch;
mod trouble;
mod warmer;

pub use call::{
    Missed, begin, cached, cached_in_background, cached_now, cached_with, look, returning, run,
};
pub use companion::{Later, cache, invalidate, key, lookup, name, peek};
pub use copied::{Copyable, Lend, copied};
pub use entry::{Entry, Saying};
pub use evict::{Evict, Named, exactly};
pub use in_process::{InProcess, in_process};
pub use outcome::{Ended, EndedOption, EndedPlain, EndedResult, EndedResultOption, Outcome};
pub use part::{Inner, PartOf};
pub use put::{AnyPut, Fits, Put, keyed, settle};
pub use said::{Lifetime, full_key, kept, lifetime};
pub use shape::{
    Probe, Shape, ShapeOfOption, ShapeOfPlain, ShapeOfResult, ShapeOfResultCloned,
    ShapeOfResultOption, ShapeOfResultOptionCloned, cacheable,
};
pub use since::Since;
pub use site::{At, Keeping, Site, validated};
pub use touch::{Row, Touch};
pub use trouble::FromTrouble;
pub use warmer::{reported, with_cron};

pub use crate::warm::{FunctionWarmer, WarmingFuture};
pub use inventory;

use crate::flow::CacheFlow;

/// The flow of an attribute without `flow = …`.
#[inline]
#[must_use]
pub fn global_flow() -> &'static CacheFlow {
    crate::flow::global()
}
