//! The harness under its own test: each fault is seen from a client's side, and
//! no process, port or folder stays behind.
//!
//! "Nothing comes" cannot be waited for; such checks look for a moment and can only
//! err by passing.

#[cfg(unix)]
#[path = "harness/cluster.rs"]
mod cluster;
#[path = "harness/eventually.rs"]
mod eventually;
#[path = "harness/fault_proxy.rs"]
mod fault_proxy;
#[cfg(unix)]
#[path = "harness/redis_server.rs"]
mod redis_server;
#[cfg(unix)]
#[path = "harness/replicated.rs"]
mod replicated;
#[cfg(unix)]
#[path = "harness/sentinel.rs"]
mod sentinel;
