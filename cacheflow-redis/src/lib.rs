//! CacheFlow on Redis and Valkey.
//!
//! [`RedisBackend`] is what a flow is given:
//!
//! ```no_run
//! use cacheflow::CacheFlow;
//! use cacheflow_redis::RedisBackend;
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> cacheflow::Result<()> {
//! let flow = CacheFlow::builder()
//!     .namespace("shop")
//!     .backend(RedisBackend::open("redis://127.0.0.1:6379")?)
//!     .build()
//!     .await?;
//! # Ok(()) }
//! ```
//!
//! # What lies in Redis
//!
//! Every name begins with the flow's prefix, `cacheflow:` or
//! `cacheflow:{namespace}/`.
//!
//! | name | type | what |
//! |---|---|---|
//! | `{cache}:{key}` | string | an entry, with a TTL |
//! | `journal` | hash | `inc`, `n` and `run`: the journal's incarnation, its last number and the server's run id |
//! | `journal:records` | stream | the last records, their numbers being their ids |
//! | `invalidation` | channel | every record as JSON, as it is made |
//!
//! The journal's keys live for thirty days after the last change. If they
//! vanish, the journal begins anew under another incarnation, and what was
//! stored under the old one is a miss.
//!
//! A record on the channel is one line of JSON; `n` and `inc` are missing in
//! messages of others that keep no journal, which are honoured too:
//!
//! ```json
//! {"type":"EVICT","keys":["users:42"],"origin":"5c0…","inc":"9f2…","n":17}
//! ```
//!
//! # What it needs
//!
//! Redis 6.2 or later, or Valkey; one server (its replicas are not read). `KEYS`
//! and `FLUSHDB` are never sent; `SCAN` runs in bounded steps and only for
//! [`Cache::clear`](cacheflow::Cache::clear).

#![forbid(unsafe_code)]

mod backend;
mod bus;
mod error;
mod link;
mod message;
mod names;
mod scripts;
mod store;

pub use backend::RedisBackend;
