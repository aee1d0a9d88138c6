//! From what configuration says to the options that a flow and a cache work with.

use std::collections::BTreeSet;

use super::options::{CacheFlowConfig, CacheOptions, RedisOptions, WarmingOptions};
use super::table::Table;
use super::{BytesConfig, CacheConfig, Faults, FlowConfig};
use crate::codec::{Codec, Compression};
use crate::error::Result;
use crate::key::CacheName;
use crate::strategy::{Strategy, StrategyOptions};

/// What belongs to a strategy's name: who names another takes it back.
const OF_STRATEGIES: [&str; 20] = [
    "memory_ttl",
    "refresh_ratio",
    "refresh_after",
    "refresh_beta",
    "failure_threshold",
    "failure_rate",
    "failure_window",
    "failure_minimum",
    "reset_after",
    "stale_ttl",
    "breaker",
    "throttle",
    "soft_timeout",
    "hard_timeout",
    "max_loads",
    "max_queued",
    "lock_ttl",
    "flush_every",
    "flush_batch",
    "max_pending",
];

impl CacheFlowConfig {
    /// The options of the cache `name`: the defaults, under what is said of it in
    /// [`caches`](Self::caches), under what variables say of it.
    #[must_use]
    pub fn cache(&self, name: &str) -> CacheOptions {
        let mut options = self.defaults.clone();
        if let Some(own) = self.caches.get(name) {
            options.lay_over(own);
        }
        if let Some(own) = self.by_variable.get(&spelled(name)) {
            options.lay_over(own);
        }
        options
    }

    /// The names of all caches that it has options for: as they stand in a file, or, where
    /// only variables name them, as those spell them.
    pub(crate) fn declared(&self) -> impl Iterator<Item = &String> {
        let only_there = |name: &&String| !self.caches.keys().any(|it| spelled(it) == **name);
        let by_variable = self.by_variable.keys().filter(only_there);
        self.caches.keys().chain(by_variable)
    }

    /// Whether what is declared as `declared` is for the cache `name`.
    pub(crate) fn is_meant(&self, declared: &str, name: &str) -> bool {
        declared == name || !self.caches.contains_key(declared) && declared == spelled(name)
    }

    /// All that is wrong with it, at once: values out of range, names that there are not,
    /// options that contradict one another.
    ///
    /// # Errors
    ///
    /// [`InvalidConfig`](crate::ErrorKind::InvalidConfig), naming each of them.
    pub fn validate(&self) -> Result<()> {
        let mut faults = Faults::default();
        self.check(&mut faults);
        faults.into_result("config")
    }

    pub(crate) fn check(&self, faults: &mut Faults) {
        let mut own = Faults::default();
        self.flow_config(&mut own).check(&mut own);
        self.check_backend(&mut own);
        let of_all = self.defaults.checked();
        own.add_of("defaults", of_all.iter());
        let of_all: BTreeSet<String> = of_all.into_iter().collect();
        for name in self.caches.keys() {
            let table = format!("caches.{name}");
            if let Err(fault) = CacheName::new(name) {
                own.add(format!("{table}: {fault}"));
            }
            let of_it = self.cache(name).checked();
            own.add_of(
                &table,
                of_it.iter().filter(|fault| !of_all.contains(*fault)),
            );
        }
        for (name, options) in &self.by_variable {
            // What a file says of it has been looked at together with this.
            if self
                .caches
                .keys()
                .any(|declared| spelled(declared) == *name)
            {
                continue;
            }
            let mut whole = self.defaults.clone();
            whole.lay_over(options);
            let of_it = whole.checked();
            let of_it = of_it.iter().filter(|fault| !of_all.contains(*fault));
            own.add_of(&format!("CACHEFLOW_CACHES__{}", name.to_uppercase()), of_it);
        }
        faults.add_all(own);
    }

    /// What a backend crate reads is wrong as early as all else.
    fn check_backend(&self, faults: &mut Faults) {
        let RedisOptions {
            urls,
            topology,
            primary,
            username: _,
            password: _,
            database,
        } = &self.redis;
        let topology = topology.as_deref().unwrap_or("standalone");
        let servers = urls.as_deref().unwrap_or_default().len();
        let all = ["standalone", "sentinel", "cluster"];
        if !all.contains(&topology) {
            let all = all.join(", ");
            faults.add(format!("redis.topology = {topology:?}: allowed are {all}"));
        }
        if servers > 1 && topology == "standalone" {
            faults.add(format!(
                "redis.urls: {servers} of them, allowed is one with the topology standalone"
            ));
        }
        match (topology, primary) {
            ("sentinel", None) => {
                faults.add("redis.topology = \"sentinel\": it needs redis.primary");
            }
            ("sentinel", Some(_)) | (_, None) => {}
            (_, Some(primary)) => faults.add(format!(
                "redis.primary = {primary:?}: allowed with the topology sentinel"
            )),
        }
        if let ("cluster", Some(database @ 1..)) = (topology, database) {
            faults.add(format!(
                "redis.database = {database}: allowed is 0 with the topology cluster"
            ));
        }
        if let Some(kind) = self.bus.kind.as_deref()
            && !["pubsub", "stream"].contains(&kind)
        {
            faults.add(format!("bus.kind = {kind:?}: allowed are pubsub, stream"));
        }
    }

    /// The options of the flow.
    pub(crate) fn flow_config(&self, faults: &mut Faults) -> FlowConfig {
        let Self {
            enabled,
            namespace,
            prefix,
            instance,
            max_staleness,
            operation_budget,
            serve_young_without_bus,
            log_keys,
            advisor,
            codec,
            compression,
            compression_level,
            compression_threshold,
            redis: _,
            bus: _,
            warming,
            defaults: _,
            caches: _,
            by_variable: _,
        } = self;
        let mut config = FlowConfig {
            prefix: prefix.clone(),
            instance: instance.clone(),
            bytes: bytes(
                (codec, compression),
                (*compression_level, *compression_threshold),
                faults,
            ),
            ..FlowConfig::default()
        };
        set(&mut config.enabled, enabled);
        set(&mut config.namespace, namespace);
        set(&mut config.max_staleness, max_staleness);
        set(&mut config.operation_budget, operation_budget);
        set(&mut config.serve_young_without_bus, serve_young_without_bus);
        set(&mut config.observing.log_keys, log_keys);
        set(&mut config.observing.advisor, advisor);
        let WarmingOptions {
            enabled,
            parallelism,
            snapshot,
            required_timeout,
            start_without_required,
        } = warming;
        set(&mut config.warming.enabled, enabled);
        set(&mut config.warming.parallelism, parallelism);
        config.warming.snapshot.clone_from(snapshot);
        set(&mut config.warming.required_timeout, required_timeout);
        set(
            &mut config.warming.start_without_required,
            start_without_required,
        );
        config
    }
}

impl CacheOptions {
    /// Puts `over` over these options. A strategy that is named there takes back what was
    /// said of the one here.
    pub(crate) fn lay_over(&mut self, over: &Self) {
        if over.strategy.is_some() {
            OF_STRATEGIES.iter().for_each(|name| self.take_back(name));
        }
        self.overlay(over);
    }

    /// What is wrong with them.
    fn checked(&self) -> Vec<String> {
        let mut faults = Faults::default();
        let mut config = CacheConfig::default();
        self.configure(&mut config, &mut faults);
        config.check(&mut faults);
        faults.into_list()
    }

    /// Says them to a cache.
    pub(crate) fn configure(&self, config: &mut CacheConfig, faults: &mut Faults) {
        let Self {
            enabled,
            ttl,
            ttl_jitter,
            idle,
            cache_none,
            cache_err,
            max_nothings,
            max_ttl,
            max_entries,
            max_memory,
            eviction,
            max_value_bytes,
            follower_timeout,
            hold_off,
            write_timeout,
            outlive_dependencies,
            local,
            codec,
            compression,
            compression_level,
            compression_threshold,
            schema_version,
            strategy,
            memory_ttl,
            refresh_ratio,
            refresh_after,
            refresh_beta,
            failure_threshold,
            failure_rate,
            failure_window,
            failure_minimum,
            reset_after,
            stale_ttl,
            breaker,
            throttle,
            soft_timeout,
            hard_timeout,
            max_loads,
            max_queued,
            lock_ttl,
            flush_every,
            flush_batch,
            max_pending,
            invalidation_patterns,
            warm_on_startup,
            warming_interval,
            warming_cron,
            warm_per_node,
            warming_timeout,
            rewarm,
        } = self;
        let loading = &mut config.loading;
        set(&mut config.enabled, enabled);
        set(&mut loading.ttl, ttl);
        set(&mut loading.ttl_jitter, ttl_jitter);
        set_some(&mut loading.idle, idle);
        set_some(&mut loading.none_ttl, cache_none);
        set_some(&mut loading.err_ttl, cache_err);
        set(&mut loading.max_nothings, max_nothings);
        set(&mut loading.follower_timeout, follower_timeout);
        set(&mut loading.hold_off, hold_off);
        set(&mut loading.outlive_dependencies, outlive_dependencies);
        set_some(&mut config.max_ttl, max_ttl);
        set_some(&mut config.max_entries, max_entries);
        set_some(&mut config.max_memory, max_memory);
        if let Some(eviction) = eviction {
            match eviction.parse() {
                Ok(eviction) => config.eviction = eviction,
                Err(fault) => faults.add(fault),
            }
        }
        set(&mut config.max_value_bytes, max_value_bytes);
        set(&mut config.write_timeout, write_timeout);
        set(&mut config.in_process, local);
        set(&mut config.invalidation_patterns, invalidation_patterns);
        set(&mut config.warming.on_startup, warm_on_startup);
        set_some(&mut config.warming.every, warming_interval);
        set_some(&mut config.warming.cron, warming_cron);
        set(&mut config.warming.per_node, warm_per_node);
        set(&mut config.warming.timeout, warming_timeout);
        set_some(&mut config.warming.rewarm, rewarm);

        let said = bytes(
            (codec, compression),
            (*compression_level, *compression_threshold),
            faults,
        );
        set_some(&mut config.bytes.codec, &said.codec);
        set_some(&mut config.bytes.compression, &said.compression);
        set_some(&mut config.bytes.compress_above, &said.compress_above);
        set_some(&mut config.bytes.schema_version, schema_version);

        let options = StrategyOptions {
            memory_ttl: *memory_ttl,
            refresh_ratio: *refresh_ratio,
            refresh_after: *refresh_after,
            refresh_beta: *refresh_beta,
            failure_threshold: *failure_threshold,
            failure_rate: *failure_rate,
            failure_window: *failure_window,
            failure_minimum: *failure_minimum,
            reset_after: *reset_after,
            stale_ttl: *stale_ttl,
            breaker: breaker.clone(),
            throttle: *throttle,
            soft_timeout: *soft_timeout,
            hard_timeout: *hard_timeout,
            max_loads: *max_loads,
            max_queued: *max_queued,
            lock_ttl: *lock_ttl,
            flush_every: *flush_every,
            flush_batch: *flush_batch,
            max_pending: *max_pending,
        };
        if strategy.is_none() && options == StrategyOptions::default() {
            return;
        }
        match Strategy::named_or_faults(strategy.as_deref().unwrap_or_default(), &options) {
            Ok(strategy) => config.strategy = strategy,
            Err(all) => all.into_iter().for_each(|fault| faults.add(fault)),
        }
    }
}

/// How values are written, of names and numbers.
fn bytes(
    (codec, compression): (&Option<String>, &Option<String>),
    (level, above): (Option<i32>, Option<u64>),
    faults: &mut Faults,
) -> BytesConfig {
    let codec = codec.as_ref().and_then(|name| {
        let codec = Codec::named_or_fault(name);
        codec.map_err(|fault| faults.add(fault)).ok()
    });
    let compression = match (compression.as_deref(), level) {
        (None, None) => None,
        (Some("none"), None) => Some(Compression::none()),
        (Some("none"), Some(level)) => {
            faults.add(format!(
                "compression_level = {level}: allowed with the compression zstd"
            ));
            None
        }
        #[cfg(feature = "zstd")]
        (None | Some("zstd"), level) => {
            let zstd = Compression::zstd();
            Some(level.map_or(zstd.clone(), |level| zstd.level(level)))
        }
        (name, _) => {
            let all = if cfg!(feature = "zstd") {
                "zstd, none"
            } else {
                "none; zstd is a feature that is off"
            };
            faults.add(format!(
                "compression = {:?}: allowed are {all}",
                name.unwrap_or("zstd")
            ));
            None
        }
    };
    BytesConfig {
        codec,
        compression,
        compress_above: above.map(|bytes| usize::try_from(bytes).unwrap_or(usize::MAX)),
        schema_version: None,
    }
}

fn set<T: Clone>(to: &mut T, said: &Option<T>) {
    if let Some(said) = said {
        to.clone_from(said);
    }
}

fn set_some<T: Clone>(to: &mut Option<T>, said: &Option<T>) {
    if said.is_some() {
        to.clone_from(said);
    }
}

/// A name as variables can spell it: in small letters, with `_` for all that is neither
/// letter nor digit.
pub(super) fn spelled(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    name.to_ascii_lowercase().chars().map(plain).collect()
}
