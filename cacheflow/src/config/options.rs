//! The options that configuration knows, each in one place: name, unit, default.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use super::kind::{
    Bytes, Count, File, Hidden, HiddenList, Names, Places, Share, Span, Switch, Text, Texts,
};
use super::secret::Secret;
use super::table::{Preset, options};

options! {
    /// All options of a flow and of its caches, as plain data: what stands in
    /// `cacheflow.toml`, which shows every option with its default.
    ///
    /// What is `None` is not said here; another layer may say it. Layers, the later ones
    /// over the earlier: defaults, file, environment, builders and attributes, a call.
    ///
    /// ```
    /// use cacheflow::{Cache, CacheFlow, CacheFlowConfig};
    /// use std::time::Duration;
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # #[cfg(feature = "toml")] {
    /// let config = CacheFlowConfig::from_toml_str(
    ///     r#"
    ///     namespace = "shop"
    ///     [caches.users]
    ///     ttl = "1h 30m"
    ///     max_memory = "100 MiB"
    ///     "#,
    /// )?;
    /// assert_eq!(config.caches["users"].ttl, Some(Duration::from_secs(5400)));
    ///
    /// let flow = CacheFlow::builder().config(config).build().await?;
    /// let users: Cache<u64, String> = flow.cache("users").build()?;
    /// # }
    /// # Ok(()) }
    /// ```
    pub struct CacheFlowConfig {
        /// Whether anything is cached; `false` runs every body and keeps nothing.
        enabled: bool = Switch, Preset::Is("true");
        /// Keeps services on one server apart: up to 128 of `[A-Za-z0-9_.@-]`.
        namespace: String = Text, Preset::Is("\"\"");
        /// Stands before every name on the server: up to 128 visible ASCII characters.
        prefix: String = Text, Preset::Is("\"cacheflow:\"");
        /// A name for this instance, before what tells its starts apart: up to 64 of `[A-Za-z0-9_.@-]`.
        instance: String = Text, Preset::None("\"shop-1\"");
        /// How long memory is served without news: 800 ms to 1 h.
        max_staleness: Duration = Span, Preset::Is("\"2s\"");
        /// What an operation on the shared store may take: 1 ms to 1 min.
        operation_budget: Duration = Span, Preset::Is("\"50ms\"");
        /// Whether young entries are served while there are no news.
        serve_young_without_bus: bool = Switch, Preset::Is("false");
        /// Whether keys, tags and patterns stand in the log.
        log_keys: bool = Switch, Preset::Is("false");
        /// Whether likely mistakes in how caches are set up are looked for, and told.
        advisor: bool = Switch, Preset::Is("true");
        /// How values are written, unless a cache says otherwise: msgpack, json, bincode, postcard.
        codec: String = Text, Preset::Is("\"msgpack\"");
        /// Whether they are compressed in the shared store: zstd, none.
        compression: String = Text, Preset::Is("\"zstd\"");
        /// How hard zstd tries: 1 to 19.
        compression_level: i32 = Count, Preset::Is("3");
        /// The longest encoding that is stored as it is: 0 to 512 MiB.
        compression_threshold: u64 = Bytes, Preset::Is("\"1 KiB\"");
    }
    with {
        /// Where the shared store is.
        pub redis: RedisOptions,
        /// How news come.
        pub bus: BusOptions,
        /// How caches are warmed.
        pub warming: WarmingOptions,
        /// What holds for every cache that does not say otherwise.
        pub defaults: CacheOptions,
        /// Caches by name.
        pub caches: BTreeMap<String, CacheOptions>,
        /// What variables say of caches, by names as variables can spell them.
        pub(super) by_variable: BTreeMap<String, CacheOptions>,
    }
}

options! {
    /// Where the shared store is: read by `RedisBackend::from_config` of
    /// `cacheflow-redis`.
    ///
    /// ```
    /// use cacheflow::CacheFlowConfig;
    ///
    /// let mut config = CacheFlowConfig::default();
    /// config.redis.urls = Some(vec!["redis://user:sesame@127.0.0.1".into()]);
    /// assert!(!format!("{config:?}").contains("sesame"));
    /// ```
    pub struct RedisOptions {
        /// Where it is: `redis://[user:password@]host[:port][/database]`; several for Sentinels and a cluster.
        urls: Vec<Secret> = HiddenList, Preset::None("\"redis://127.0.0.1:6379\"");
        /// What is there: standalone, sentinel, cluster.
        topology: String = Text, Preset::Is("\"standalone\"");
        /// As what the Sentinels know the primary.
        primary: String = Text, Preset::None("\"shop\"");
        /// The user of the servers that hold the data, in place of the URL's.
        username: String = Text, Preset::None("\"shop\"");
        /// The user's password.
        password: Secret = Hidden, Preset::None("\"…\"");
        /// The database of the servers that hold the data; a cluster has no other than 0.
        database: u32 = Count, Preset::Is("0");
    }
}

options! {
    /// How a node hears of what was forgotten.
    pub struct BusOptions {
        /// By what: pubsub, or stream for servers that do not offer Pub/Sub.
        kind: String = Text, Preset::Is("\"pubsub\"");
    }
}

options! {
    /// How caches are warmed.
    pub struct WarmingOptions {
        /// Whether anything is warmed that nobody asks for.
        enabled: bool = Switch, Preset::Is("true");
        /// How many warmers run at once: 1 to 1024.
        parallelism: usize = Places, Preset::Is("4");
        /// Where the hottest keys are noted at a shutdown, for the next start.
        snapshot: PathBuf = File, Preset::None("\"/var/lib/shop/hot-keys\"");
        /// How long the start waits for the warmers that it requires: 1 ms to 366 days.
        required_timeout: Duration = Span, Preset::Is("\"1m\"");
        /// Whether the flow starts although one of them has failed or is not ready.
        start_without_required: bool = Switch, Preset::Is("false");
    }
}

options! {
    /// Options of a cache. Read from a text as well:
    ///
    /// ```
    /// use cacheflow::CacheOptions;
    /// use std::time::Duration;
    ///
    /// let options: CacheOptions = "max_entries=10000,ttl=10m,refresh_ahead=0.8".parse()?;
    /// assert_eq!(options.ttl, Some(Duration::from_secs(600)));
    /// assert_eq!(options.refresh_ratio, Some(0.8));
    /// # Ok::<_, cacheflow::Error>(())
    /// ```
    pub struct CacheOptions {
        /// Whether it caches; `false` runs every body and keeps nothing.
        enabled: bool = Switch, Preset::Is("true");
        /// How long values are kept: 1 ms to 366 days; 0 switches the cache off.
        ttl: Duration = Span, Preset::Is("\"5m\"");
        /// By which share lifetimes differ at random: 0 to 0.5.
        ttl_jitter: f64 = Share, Preset::Is("0.1");
        /// How long an entry lives that nobody reads: 8 ms to 366 days.
        idle: Duration = Span, Preset::None("\"10m\"");
        /// How long it is kept that there is no value: 1 ms to 366 days.
        cache_none: Duration = Span, Preset::None("\"30s\"");
        /// How long errors are kept: 1 ms to 366 days.
        cache_err: Duration = Span, Preset::None("\"1s\"");
        /// For how many keys memory keeps that there is nothing: 1 to 4294967295.
        max_nothings: u64 = Count, Preset::Is("1000");
        /// No value is kept for longer, whatever it says of itself: 1 ms to 366 days.
        max_ttl: Duration = Span, Preset::None("\"24h\"");
        /// Entries in memory: 1 to 4294967295.
        max_entries: u64 = Count, Preset::Is("10000");
        /// Bytes in memory, in place of entries: 64 KiB to 1 TiB.
        max_memory: u64 = Bytes, Preset::None("\"100 MiB\"");
        /// What goes when memory is full: clock-pro, tiny-lfu.
        eviction: String = Text, Preset::Is("\"clock-pro\"");
        /// The largest encoded value that the shared store keeps: 1 B to 512 MiB − 1 KiB.
        max_value_bytes: usize = Bytes, Preset::Is("\"1 MiB\"");
        /// How long a caller waits for another's load: 1 ms to 366 days.
        follower_timeout: Duration = Span, Preset::Is("\"10s\"");
        /// For how long after a change its source may still give what was before: 0 to 60 s.
        hold_off: Duration = Span, Preset::Is("\"0s\"");
        /// How long a write may hold a key: 1 ms to 1 h.
        write_timeout: Duration = Span, Preset::Is("\"30s\"");
        /// Whether a value may live longer than what it was made of.
        outlive_dependencies: bool = Switch, Preset::Is("false");
        /// Whether values stay in this process.
        local: bool = Switch, Preset::Is("false");
        /// How its values are written, in place of the flow's codec.
        codec: String = Text, Preset::None("\"msgpack\"");
        /// Whether they are compressed in the shared store, in place of the flow's: zstd, none.
        compression: String = Text, Preset::None("\"zstd\"");
        /// How hard zstd tries, in place of the flow's: 1 to 19.
        compression_level: i32 = Count, Preset::None("3");
        /// The longest encoding that is stored as it is, in place of the flow's: 0 to 512 MiB.
        compression_threshold: u64 = Bytes, Preset::None("\"1 KiB\"");
        /// To be raised when values change their meaning: 0 to 4294967295.
        schema_version: u32 = Count, Preset::None("1");
        /// How it works: names with + between them, see docs/strategies.md.
        strategy: Vec<String> = Names, Preset::Is("\"multi-level\"");
        /// multi-level: the longest time in memory: 1 ms to 366 days.
        memory_ttl: Duration = Span, Preset::None("\"60s\"");
        /// refresh-ahead: after this share of the lifetime: above 0, below 1; by default 0.8.
        refresh_ratio: f64 = Share, Preset::None("0.8");
        /// refresh-ahead: at this age, in place of the share: 1 ms to 366 days.
        refresh_after: Duration = Span, Preset::None("\"4m\"");
        /// refresh-ahead: by chance, in place of the share: above 0, to 1000.
        refresh_beta: f64 = Share, Preset::None("1.0");
        /// circuit-breaker: so many failures in a row open it; by default 3.
        failure_threshold: u32 = Count, Preset::None("3");
        /// circuit-breaker: such a share of failures opens it, in place of a number in a row.
        failure_rate: f64 = Share, Preset::None("0.5");
        /// circuit-breaker: over which time the share is counted; by default 10 s.
        failure_window: Duration = Span, Preset::None("\"10s\"");
        /// circuit-breaker: from how many loads on the share counts; by default 20.
        failure_minimum: u32 = Count, Preset::None("20");
        /// circuit-breaker: how long it stays open; by default 30 s.
        reset_after: Duration = Span, Preset::None("\"30s\"");
        /// circuit-breaker, fail-safe: for how long old values are kept.
        stale_ttl: Duration = Span, Preset::None("\"24h\"");
        /// circuit-breaker: the name of one that caches share.
        breaker: String = Text, Preset::None("\"database\"");
        /// fail-safe: the pause after a failed load; by default 30 s.
        throttle: Duration = Span, Preset::None("\"30s\"");
        /// timeouts: after this an old value is given.
        soft_timeout: Duration = Span, Preset::None("\"100ms\"");
        /// timeouts: after this a load is dropped.
        hard_timeout: Duration = Span, Preset::None("\"5s\"");
        /// bulkhead: how many loads run at once.
        max_loads: usize = Places, Preset::None("8");
        /// bulkhead: how many more wait; by default 1000.
        max_queued: usize = Places, Preset::None("1000");
        /// distributed-lock: the lease; by default 5 s.
        lock_ttl: Duration = Span, Preset::None("\"5s\"");
        /// write-behind: how often values are written; by default every second.
        flush_every: Duration = Span, Preset::None("\"1s\"");
        /// write-behind: how many at once; by default 100.
        flush_batch: usize = Places, Preset::None("100");
        /// write-behind: how many may wait; by default 10000.
        max_pending: usize = Places, Preset::None("10000");
        /// What must match of what is forgotten, for all of this cache to be forgotten with it.
        invalidation_patterns: Vec<String> = Texts, Preset::Is("[]");
        /// Whether it is warmed when the flow starts.
        warm_on_startup: bool = Switch, Preset::Is("false");
        /// How often it is warmed.
        warming_interval: Duration = Span, Preset::None("\"30m\"");
        /// When it is warmed, as cron has it, in place of an interval.
        warming_cron: String = Text, Preset::None("\"0 */15 * * * *\"");
        /// Whether each node warms it, instead of one for all.
        warm_per_node: bool = Switch, Preset::Is("false");
        /// How long a warming of it may take: 1 ms to 366 days.
        warming_timeout: Duration = Span, Preset::Is("\"10m\"");
        /// Whether it is warmed anew after much of it was forgotten, at most once in so long.
        rewarm: Duration = Span, Preset::None("\"1m\"");
    }
    one of &[
        &["max_entries", "max_memory"],
        &["refresh_ratio", "refresh_after", "refresh_beta"],
        &["failure_threshold", "failure_rate"],
        &["warming_interval", "warming_cron"],
    ];
}
