//! Locks and atomics, in one place: built with `--cfg cacheflow_shuttle` they are
//! [shuttle](https://docs.rs/shuttle)'s, and tests run every thread's steps in
//! orders of its choosing.

#[cfg(not(cacheflow_shuttle))]
mod chosen {
    pub(crate) use std::sync::atomic;
    pub(crate) use std::sync::{Mutex, MutexGuard, RwLock};
}

#[cfg(cacheflow_shuttle)]
mod chosen {
    pub(crate) use shuttle::sync::atomic;
    pub(crate) use shuttle::sync::{Mutex, MutexGuard, RwLock};
}

pub(crate) use chosen::*;
