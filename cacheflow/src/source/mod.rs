//! The source: where values come from when no level has them.
//!
//! A load is a *flight*: whoever wants the same key meanwhile waits for it
//! instead of loading as well.

mod flight;
mod load;
mod nesting;

pub(crate) use flight::{Boarding, Flight, Flights, Outcome, SharedError, Start, Ticket};
pub use load::LoadError;
pub(crate) use load::Loaded;
pub(crate) use nesting::{
    MadeOf, Parts, is_inside_a_load, is_loading, read_within_load, while_loading,
};
