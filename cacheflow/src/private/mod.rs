//! What generated code calls. Not for use by hand: it changes without notice.

mod call;
mod companion;
mod copied;
mod entry;
mod in_process;
mod part;
mod said;
mod shape;
mod site;
mod trouble;

pub use call::{
    Missed, begin, cached, cached_in_background, cached_now, cached_with, look, returning, run,
};
pub use companion::{Later, cache, invalidate, key, lookup, name, peek};
pub use copied::{Copyable, Lend, copied};
pub use entry::{Entry, Saying};
pub use in_process::{InProcess, in_process};
pub use part::{Inner, PartOf};
pub use said::{Lifetime, full_key, kept, lifetime};
pub use shape::{
    Probe, Shape, ShapeOfOption, ShapeOfPlain, ShapeOfResult, ShapeOfResultCloned,
    ShapeOfResultOption, ShapeOfResultOptionCloned,
};
pub use site::{At, Keeping, Site};
pub use trouble::FromTrouble;

use crate::flow::CacheFlow;

/// The flow of an attribute without `flow = …`.
#[inline]
#[must_use]
pub fn global_flow() -> &'static CacheFlow {
    crate::flow::global()
}
