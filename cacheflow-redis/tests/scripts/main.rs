//! The steps of the store and the bus by themselves, on real Redis servers.
//!
//! | module | what is promised |
//! |---|---|
//! | `fill`, `held`, `races` | nothing old is kept |
//! | `index`, `hostile` | whoever forgets finds all, whatever lies on the server |
//! | `forget`, `put`, `reclaim` | all that is forgotten goes, and nothing newer |
//! | `lineage`, `since`, `journal` | numbers are given out once, and can be told |
//! | `many`, `touch` | many values are one exchange; a life is made longer, never shorter |
//! | `lock` | a lease is one's, and nothing blocks it for ever |
//! | `bounds` | no step keeps the server busy for long |
//! | `glob` | the server and the nodes match alike |
//! | `memory`, `policy` | forgetting goes through on a full server; one that drops indexes is warned about |
//! | `bus`, `sentinel` | who hears what, and where |
#![cfg(unix)]

mod bounds;
mod bus;
mod fill;
mod forget;
mod glob;
mod held;
mod hostile;
mod index;
mod journal;
mod lineage;
mod lock;
mod many;
mod memory;
mod policy;
mod put;
mod races;
mod raw;
mod reclaim;
mod sentinel;
mod since;
mod touch;
