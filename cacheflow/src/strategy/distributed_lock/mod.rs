//! Distributed lock: one load of a key per cluster, by a lease.

mod config;
mod decide;
mod layer;

pub(crate) use config::DistributedLock;
pub(crate) use layer::{Lease, Lock, Step, Tools};
