//! A caching framework for services: memory and a shared store as one cache,
//! forgotten correctly on every node.
//!
//! Results of a function live in this process's memory and, if the flow has a
//! backend such as `cacheflow-redis`, in a store that all instances of the
//! service share. When something changes, one call forgets it everywhere: in
//! the shared store, in every node's memory, and in loads that were under way.
//! Without a backend the same code works in one process.
//!
//! ```
//! use cacheflow::{Cache, CacheFlow, cached};
//!
//! #[cached(cache = "users", key = "{id}", ttl = "1h")]
//! async fn find_user(db: &Db, id: u64) -> Result<User, DbError> {
//!     db.query_user(id).await
//! }
//!
//! # #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
//! # struct User { name: String }
//! # #[derive(Clone, Debug)] struct DbError;
//! # struct Db(std::sync::Mutex<String>);
//! # impl Db {
//! #     async fn query_user(&self, _: u64) -> Result<User, DbError> { Ok(User { name: self.0.lock().unwrap().clone() }) }
//! #     async fn rename_user(&self, _: u64, name: &str) -> Result<(), DbError> { *self.0.lock().unwrap() = name.to_owned(); Ok(()) }
//! # }
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let db = Db(std::sync::Mutex::new("Ada".to_owned()));
//! let flow = CacheFlow::builder().build().await?;
//! flow.install_global()?;
//! let users: Cache<u64, User> = flow.cache("users").build()?;
//!
//! # (async {
//! let user = find_user(&db, 7).await?;                // from the database
//! let again = find_user(&db, 7).await?;               // from memory
//! # assert_eq!(user, again);
//!
//! db.rename_user(7, "Grace").await?;                  // first the change …
//! # Ok::<_, DbError>(()) }).await.unwrap();
//! let _ = users.invalidate(&7).await?;                // … then forget what is old
//! # assert_eq!(find_user(&db, 7).await.unwrap().name, "Grace");
//! # Ok(()) }
//! ```
//!
//! # What is where
//!
//! | you want to | see |
//! |---|---|
//! | cache a function's results | [`macro@cached`] |
//! | put, forget or touch what is kept when a function changes its source | [`macro@cache_put`], [`macro@cache_evict`], [`macro@cache_update`] |
//! | use a cache by hand: get, load, put, invalidate | [`Cache`] |
//! | load many keys with one query | [`Cache::get_or_load_many`] |
//! | set a cache's options | [`CacheBuilder`] |
//! | forget by key, tag, pattern, cache or all | [`CacheFlow::invalidate`] |
//! | know how much was forgotten, forget later, in bursts or twice | [`Invalidation::send_counted`], [`Invalidation::debounce`], [`Invalidation::after`] |
//! | forget a cache with whatever it goes by | [`CacheBuilder::invalidation_patterns`] |
//! | forget at the commit of a transaction | [`InvalidationScope`] |
//! | keep nothing of a key while a transaction changes it | [`Cache::begin_write`] |
//! | say by what an entry is to be forgotten | [`CacheBuilder::tags`], [`Cache::tagged`], [`Cache::depends_on`] |
//! | start, connect, watch and end it | [`CacheFlow`], [`FlowBuilder`] |
//! | choose the levels, and put a strategy together | [`Strategy`] |
//! | serve a value while it is loaded anew | [`Strategy::refresh_ahead`], [`CacheBuilder::flexible`], [`Cache::get_or_refresh`] |
//! | survive a source that fails | [`CircuitBreaker`], [`FailSafe`] |
//! | survive a source that hangs | [`Strategy::soft_timeout`], [`Strategy::hard_timeout`] |
//! | spare a source that bears so many loads at once | [`Bulkhead`] |
//! | load once per cluster | [`Strategy::distributed_lock`] |
//! | do other work once at a time in a cluster | [`CacheFlow::lock`] |
//! | write through the cache | [`Cache::write_through`], [`Cache::write_through_many`] |
//! | write to the source later, in batches | [`WriteBehindCache`] |
//! | give a cache a loader of its own | [`LoadingCache`] |
//! | want something else of one call, or say more of one value | [`Cache::entry`], [`LoadContext`] |
//! | keep that there is no value, or an error | [`CacheBuilder::cache_none`], [`CacheBuilder::cache_err`] |
//! | move `updated_at` of all that a changed row is a part of, and forget what was made of it | [`CacheFlow::touch`], [`ParentToucher`], [`touch`] |
//! | say when a value was last changed, and make that a part of a key | [`HasUpdatedAt`], [`macro@HasUpdatedAt`], [`Version`] |
//! | put a text together of cached fragments | [`Template`] |
//! | keep what will be asked for before anybody asks | [`CacheWarmer`], [`macro@cache_warmer`], [`CacheBuilder::warm_with`], [`CacheFlow::warm`] |
//! | read everything once within a request | [`CacheFlow::request_scope`] |
//! | set options in a file or by variables, and change them while the service runs | [`CacheFlowConfig`], [`CacheFlow::reconfigure`] |
//! | choose a strategy by configuration | [`Strategy::named`], [`StrategyOptions`], [`CacheFlow::strategy`] |
//! | choose how values are written, compressed, encrypted | [`codec`] |
//! | keep secrets, or nothing for long, or nothing wrong | [`CacheBuilder::sensitive`], [`CacheBuilder::max_ttl`], [`CacheBuilder::validate`] |
//! | make a type part of a key | [`CacheKey`], [`macro@CacheKey`] |
//! | hear of evictions, refusals and outages | [`event`] |
//! | be told of likely mistakes | [`Advice`] |
//! | know what caches, bus and connections do, in figures | [`CacheFlow::stats`] |
//! | know whether all is well, and what is not | [`CacheFlow::health`] |
//! | see what lies where, and why a key does not | [`CacheFlow::admin`] |
//! | write a backend | [`Backend`], [`store::SharedStore`], [`bus::Bus`], [`lock::Leases`] |
//!
//! # What is promised
//!
//! - Once `invalidate` has returned, nothing that was loaded before is stored or
//!   served again, in the shared store or in any memory that has heard of it.
//! - A hit in memory is never older than `max_staleness` (2 s) past an
//!   invalidation that the shared store has acknowledged, even when the bus is
//!   silently dead.
//! - The node that invalidated reads its own write.
//! - Trouble with the cache is never the caller's failure, and costs a caller at
//!   most one operation's budget.
//! - Bytes from the shared store are never trusted: they are the value that was kept,
//!   or a miss.
//!
//! Whatever is forgotten: a key with all that was made of it, a tag, a pattern, a
//! cache, everything.
//!
//! Not promised: linearizable reads across nodes; protection from a database
//! replica that lags behind its primary, unless the cache says how far
//! ([`CacheBuilder::hold_off`]).
//!
//! # Features
//!
//! | feature | what | default |
//! |---|---|---|
//! | `macros` | the attributes, [`macro@CacheKey`] and [`macro@HasUpdatedAt`] | yes |
//! | `msgpack` | values as MessagePack, the default codec | yes |
//! | `json`, `bincode`, `postcard` | other codecs: see [`codec::Codec`] | no |
//! | `zstd` | compression in the shared store | yes |
//! | `seal` | encryption in the shared store: `codec::KeyRing` | no |
//! | `metrics` | the statistics by the facade of the crate `metrics`: `CacheFlow::publish_metrics` | no |
//! | `cron` | tables of times for [`WarmPlan`] | no |
//! | `toml` | configuration from TOML: [`CacheFlowConfig`]; from JSON with `json` | yes |
//! | `yaml` | configuration from YAML | no |
//! | `uuid` | [`CacheKey`] for `uuid::Uuid` | no |

#![forbid(unsafe_code)]

pub mod bus;
mod cache;
pub mod clock;
pub mod codec;
pub mod config;
pub mod entry;
mod error;
pub mod event;
mod flow;
mod invalidation;
pub mod key;
mod live;
pub mod lock;
#[doc(hidden)]
pub mod private;
mod runtime;
mod source;
mod standing;
pub mod store;
mod strategy;
mod sync;
pub mod template;
mod together;
pub mod touch;
pub mod version;
mod warm;

/// To implement [`CacheWarmer`], [`ParentToucher`] and the ports of a backend.
pub use async_trait::async_trait;
pub use cache::{
    Cache, CacheBuilder, CacheValue, EntryCall, FunctionCache, LoadedMany, LoadingCache,
    ShownValue, SourceError, Write, WriteBehindCache, Written,
};
#[cfg(feature = "macros")]
pub use cacheflow_macros::{
    CacheKey, HasUpdatedAt, cache_evict, cache_put, cache_update, cache_warmer, cached,
    cached_fragment,
};
pub use config::{CacheFlowConfig, CacheOptions};
pub use entry::{EntryInfo, EntryState, Found, Level, Lookup};
pub use error::{BoxError, Error, ErrorKind, Result, Unreadable};
pub use event::{
    Advice, BreakerState, BusStats, CacheStats, Deleted, Event, Events, Evicted, EvictionCounts,
    ForgottenBy, InvalidationCounts, LatencyStats, StatsCollector,
};
pub use flow::{
    Admin, Backend, BusHealth, CacheFlow, CacheInfo, EntryPage, ExecuteOptions, Explanation,
    FlowBuilder, FlowStats, Happening, Health, Invalidation, InvalidationScope, LockGuard,
    NamedLock, NamedStrategy, Namespace, Reconfigured, SharedEntry, StoreHealth, Whereabouts,
};
pub use invalidation::{Applied, Invalidated};
pub use key::{CacheKey, KeyBuf, Parent, Sensitive};
pub use source::{LoadContext, LoadError};
pub use store::Eviction;
pub use strategy::{
    Bulkhead, CircuitBreaker, FailSafe, RefreshAhead, Strategy, StrategyOptions, WriteBehind,
};
pub use template::Template;
pub use touch::{ParentToucher, Touched};
pub use version::{HasUpdatedAt, SetUpdatedAt, Version};
pub use warm::{CacheWarmer, Pairs, WarmPage, WarmPlan, WarmProgress, WarmReport, Warmed};
