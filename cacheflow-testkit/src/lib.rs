//! What tests of CacheFlow, and of backends for it, are built from.
//!
//! | you want | take |
//! |---|---|
//! | a real Redis that the test may kill, restart or pause | [`RedisServer`] (Unix only) |
//! | a network before it that stalls, breaks, lags or forgets | [`FaultProxy`] |
//! | to wait until something is so, instead of sleeping | [`eventually`] |
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

mod eventually;
pub mod fault_proxy;
#[cfg(unix)]
pub mod redis_server;

pub use eventually::eventually;
pub use fault_proxy::FaultProxy;
#[cfg(unix)]
pub use redis_server::{RedisServer, RedisServerBuilder, Reply};
