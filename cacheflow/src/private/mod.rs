//! What generated code calls. Not for use by hand: it changes without notice.

mod call;
mod companion;
mod copied;
mod entry;
mod evict;
mod in_process;
mod now;
mod outcome;
mod part;
mod put;
mod said;
mod shape;
mod since;
mod site;
mod touch;
mod trouble;

pub use call::{begin, cached, cached_in_background, cached_with, returning, run};
pub use companion::{Later, cache, invalidate, key, lookup, name, peek};
pub use copied::{Copyable, Lend, copied};
pub use entry::Entry;
pub use evict::{Evict, Named, exactly};
pub use in_process::{InProcess, in_process};
pub use now::cached_now;
pub use outcome::{Ended, EndedOption, EndedPlain, EndedResult, EndedResultOption, Outcome};
pub use part::{Inner, PartOf};
pub use put::{AnyPut, Fits, Put, keyed, said, settle};
pub use said::{Lifetime, context, full_key, kept, ttl_from};
pub use shape::{
    Probe, Shape, ShapeOfOption, ShapeOfPlain, ShapeOfResult, ShapeOfResultCloned,
    ShapeOfResultOption, ShapeOfResultOptionCloned,
};
pub use since::Since;
pub use site::{At, Keeping, Site};
pub use touch::{Row, Touch};
pub use trouble::FromTrouble;

use crate::flow::CacheFlow;

/// The flow of an attribute without `flow = …`.
#[inline]
#[must_use]
pub fn global_flow() -> &'static CacheFlow {
    crate::flow::global()
}
