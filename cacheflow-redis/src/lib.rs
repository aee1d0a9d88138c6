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
//! Where Redis is may stand in configuration instead: [`RedisBackend::from_config`].
//!
//! # What lies in Redis
//!
//! Every name begins with the flow's prefix, `cacheflow:` or
//! `cacheflow:{namespace}/`.
//!
//! | name | type | what |
//! |---|---|---|
//! | `{cache}:{key}` | string | an entry |
//! | `tag:{tag}` | set | the full keys of the entries with that tag |
//! | `rd:deps:{cache}:{key}` | set | what an entry was made of |
//! | `rd:rev-deps:{cache}:{key}` | set | what was made of it |
//! | `lock:{name}` | string | the token of who has the lease of that name; the byte 255 behind it, if another has asked for it in vain |
//! | `journal` | hash | `inc`, `n`, `run`, `anc`: the journal's incarnation, its last number, the server's run id, the incarnations before |
//! | `journal:records` | stream | the last records, their numbers being their ids |
//! | `journal:open` | hash | records of which something is still to be removed, and writes under way |
//! | `journal:held` | hash | keys of writes under way |
//! | `journal:nodes` | hash | which node stands where |
//! | `journal:reclaim:{n}:{i}` | set | what is still to be removed |
//! | `invalidation` | channel | every record as JSON, as it is made; the return of a lease for which another has asked in vain |
//!
//! All of them expire: entries with their TTL, leases when they end, indexes with or after their
//! entries, the journal thirty days after its last change. If it vanishes, it
//! begins anew under another incarnation, and what was stored under the old one is
//! a miss. On a server that was restarted or took over from another it goes on
//! under another incarnation.
//!
//! A record on the channel is one line of JSON; `n` and `inc` are missing in
//! messages of others that keep no journal, whose keys and tags are honoured too:
//!
//! ```json
//! {"type":"EVICT","keys":["users:42"],"tags":["org:7"],"origin":"5c0…","inc":"9f2…","n":17}
//! ```
//!
//! That a lease was given back is told without a number, too, if another has asked for
//! it in vain:
//!
//! ```json
//! {"type":"RELEASED","lease":"users:42","origin":"5c0…"}
//! ```
//!
//! # Reads that come together
//!
//! A read is a GET and a PTTL, sent at once by its caller. Where more than a few tasks of
//! a process read at the same time, those who come while others are under way are asked
//! for together: a PTTL for each and one MGET, of at most 128 names and about 1 MiB. No
//! timer is involved; a lone read never waits for another. A user that may not call
//! `MGET` is served by GET.
//!
//! # In a cluster
//!
//! [`RedisBackend::cluster`] is given the URLs of some servers of a Redis Cluster.
//! The journal's keys lie in one slot, for their names begin with
//! `{cacheflow:journal}`, braces and all; every value lies in its own slot, and so
//! does every index:
//!
//! | name | type | what |
//! |---|---|---|
//! | `tag:{tag}` | hash | full key of what carries the tag → its as-of number, and when it has expired |
//! | `rd:rev-deps:{key}` | hash | the same for what was made of the key |
//! | `{cacheflow:journal}` | hash | beside what it has on one server: `shard:{id}`, which process keeps a server's values |
//!
//! A value is written provisionally, for five seconds, and made permanent when the
//! journal has been read after it; what is forgotten is removed after its record,
//! which stays open until then. Single reads are pipelined, each to the owner of its slot:
//! no MGET spans slots.
//!
//! Beside the commands for data and scripts, a user needs `INFO` and `CLUSTER` with
//! `INFO`, `SLOTS`, `MYID` and `NODES`. Set `cluster-require-full-coverage no`, or
//! the loss of one server stops all of them.
//!
//! # What it needs
//!
//! Redis 6.2 or later, or Valkey; one server or Sentinels (replicas are not read).
//! `KEYS` and `FLUSHDB` are never sent; `SCAN` runs in bounded steps and only to
//! forget patterns, caches or everything. Set `maxmemory-policy noeviction`: a
//! server that drops an index hides old values from those who forget them, and is
//! warned about.

#![forbid(unsafe_code)]

mod adopted;
mod backend;
mod bus;
mod cluster;
mod config;
mod error;
mod gather;
mod link;
mod lock;
mod message;
mod names;
mod scripts;
mod store;
mod topology;

pub use backend::RedisBackend;
