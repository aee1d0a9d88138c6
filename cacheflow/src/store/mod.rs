//! Stores: where entries lie.
//!
//! `Memory` is this process's own (L1). [`SharedStore`] is the port of what
//! all instances share (L2); backends implement it. `Guarded` stands before a
//! shared store so that its failures cost a caller little.

mod front;
mod guard;
mod memory;
mod shared;

pub(crate) use guard::{Guarded, Recovering};
pub use memory::Eviction;
pub(crate) use memory::{Bound, Memory, Promotion};
pub use shared::{
    Fill, Filled, NodeAt, Put, Reclaimed, Recorded, Relations, SharedStore, Since, Stored,
};
