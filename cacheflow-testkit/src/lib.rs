//! What tests of CacheFlow, and of backends for it, are built from.
//!
//! | you want | take |
//! |---|---|
//! | a real Redis that the test may kill, restart or pause | [`RedisServer`] (Unix only) |
//! | a primary whose replica lags behind, and takes over | [`Replicated`] (Unix only) |
//! | a Sentinel that decides when it does | [`Sentinel`] (Unix only) |
//! | a cluster whose primaries fail and whose slots move | [`RedisCluster`] (Unix only) |
//! | a network before it that stalls, breaks, lags or forgets | [`FaultProxy`] |
//! | to wait until something is so, instead of sleeping | [`eventually`] |
//! | several nodes on one store and bus, without a server | [`MemoryBackend`] |
//! | to see what a backend is asked | [`Recording`] |
//! | operations that fail, hang, or lose their answers | [`Failing`] |
//! | to decide what happens between two steps | [`Gate`] |
//! | to judge what many nodes wrote, forgot and read | [`history`] |
//! | many orders of the same steps | [`Shuffling`] |
//! | to know whether a backend of yours keeps to the rules | [`conformance`] |
//!
//! Every port is free and every file temporary, so tests run side by side, in
//! threads and in processes. Nothing here is meant for production.
//!
//! ```
//! # #[cfg(unix)]
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! use cacheflow_testkit::{FaultProxy, RedisServer, Reply, eventually};
//! use std::time::Duration;
//!
//! let server = RedisServer::start().await;
//! let proxy = FaultProxy::start(server.addr()).await;
//!
//! // The code under test gets the proxy's address; the test itself looks
//! // at the server past the proxy.
//! let client = tokio::net::TcpStream::connect(proxy.addr()).await?;
//! client.writable().await?;
//! client.try_write(b"SET greeting hello\r\n")?;
//!
//! eventually("the greeting is written", Duration::from_secs(10), async || {
//!     server.command(&["GET", "greeting"]).await.is_ok_and(|reply| reply == Reply::bulk("hello"))
//! })
//! .await;
//! # Ok(())
//! # }
//! # #[cfg(not(unix))]
//! # fn main() {}
//! ```
#![forbid(unsafe_code)]

mod around;
pub mod conformance;
mod eventually;
mod failing;
pub mod fault_proxy;
mod gate;
pub mod history;
pub mod memory_backend;
mod recording;
#[cfg(unix)]
pub mod redis_server;
mod shuffling;

pub use around::{Call, Operation};
pub use eventually::eventually;
pub use failing::Failing;
pub use fault_proxy::{Direction, FaultProxy};
pub use gate::{Gate, Held};
pub use memory_backend::{Backup, MemoryBackend};
pub use recording::Recording;
#[cfg(unix)]
pub use redis_server::{
    RedisCluster, RedisClusterBuilder, RedisServer, RedisServerBuilder, Replicated,
    ReplicatedBuilder, Reply, Sentinel,
};
pub use shuffling::Shuffling;
