//! The source: where values come from when no level has them.
//!
//! A load is a *flight*: whoever wants the same key meanwhile waits for it
//! instead of loading as well.

mod collecting;
mod context;
mod flight;
mod load;
mod nesting;
mod request;
mod turn;

pub(crate) use collecting::{Collected, carried, collected, collecting, is_collecting};
pub use context::LoadContext;
pub(crate) use context::Said;
pub(crate) use flight::{
    Boarding, Fault, Flight, Flights, Landed, Meanwhile, Outcome, SharedError, Start, Ticket,
};
pub use load::LoadError;
pub(crate) use load::{Loaded, Trouble};
pub(crate) use nesting::{
    MadeOf, Parts, Under, inside, is_inside_a_load, is_loading, is_under, read_within_load,
    while_let_through, while_loading,
};
pub(crate) use request::{Read as RequestRead, Request, present_request, request};
pub(crate) use turn::Turn;
