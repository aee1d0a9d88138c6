//! Options of a flow.

use std::fmt::Debug;
use std::time::Duration;

use super::{BytesConfig, Faults, ObservingConfig, Said, WarmingConfig};

/// Stands before every name in the shared store.
const DEFAULT_PREFIX: &str = "cacheflow:";

/// Options of a flow.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FlowConfig {
    /// Whether anything is cached.
    pub(crate) enabled: bool,
    pub(crate) namespace: String,
    pub(crate) prefix: Option<String>,
    /// What people call this instance.
    pub(crate) instance: Option<String>,
    pub(crate) max_staleness: Duration,
    pub(crate) operation_budget: Duration,
    pub(crate) serve_young_without_bus: bool,
    pub(crate) bytes: BytesConfig,
    pub(crate) warming: WarmingConfig,
    pub(crate) observing: ObservingConfig,
}

impl Default for FlowConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            namespace: String::new(),
            prefix: None,
            instance: None,
            max_staleness: Duration::from_secs(2),
            operation_budget: Duration::from_millis(50),
            serve_young_without_bus: false,
            bytes: BytesConfig::default(),
            warming: WarmingConfig::default(),
            observing: ObservingConfig::default(),
        }
    }
}

impl FlowConfig {
    /// What stands before every name in the shared store: `cacheflow:`, or
    /// `cacheflow:{namespace}/`, or the same with the prefix that was set. No
    /// cache's name has a `/`: a namespace is never taken for a cache.
    pub(crate) fn full_prefix(&self) -> String {
        let prefix = self.prefix.as_deref().unwrap_or(DEFAULT_PREFIX);
        match self.namespace.as_str() {
            "" => prefix.to_owned(),
            namespace => format!("{prefix}{namespace}/"),
        }
    }

    /// What code `said`, over these options. Off is what either of the two switches off.
    pub(crate) fn under(&self, said: &Said<Self>) -> Self {
        let mut config = self.clone();
        said.over(&mut config);
        config.enabled &= self.enabled;
        config
    }

    /// These options with those of `new` that can change while the flow works.
    pub(crate) fn changed_to(&self, new: &Self) -> Self {
        let mut changed = self.clone();
        changed.enabled = new.enabled;
        changed.bytes.compression.clone_from(&new.bytes.compression);
        changed.bytes.compress_above = new.bytes.compress_above;
        changed
    }

    /// How these options differ from `other`, an option a line.
    pub(crate) fn differences(&self, other: &Self) -> Vec<String> {
        let mut differences = Vec::new();
        let mut compare = |name: &str, ours: &dyn Debug, theirs: &dyn Debug| {
            let (ours, theirs) = (format!("{ours:?}"), format!("{theirs:?}"));
            if ours != theirs {
                differences.push(format!("{name} = {ours}, not {theirs}"));
            }
        };
        let Self {
            enabled,
            namespace,
            prefix,
            instance,
            max_staleness,
            operation_budget,
            serve_young_without_bus,
            bytes,
            warming,
            observing,
        } = self;
        compare("enabled", enabled, &other.enabled);
        compare("namespace", namespace, &other.namespace);
        compare("prefix", prefix, &other.prefix);
        compare("instance", instance, &other.instance);
        compare("max_staleness", max_staleness, &other.max_staleness);
        let budget = &other.operation_budget;
        compare("operation_budget", operation_budget, budget);
        let serves = &other.serve_young_without_bus;
        compare("serve_young_without_bus", serve_young_without_bus, serves);
        compare("codec", &bytes.codec, &other.bytes.codec);
        let compression = &other.bytes.compression;
        compare("compression", &bytes.compression, compression);
        let above = &other.bytes.compress_above;
        compare("compression_threshold", &bytes.compress_above, above);
        compare("warming", warming, &other.warming);
        let ObservingConfig { log_keys, advisor } = observing;
        compare("log_keys", log_keys, &other.observing.log_keys);
        compare("advisor", advisor, &other.observing.advisor);
        differences
    }

    /// Adds all that is wrong with these options to `faults`.
    pub(crate) fn check(&self, faults: &mut Faults) {
        let Self {
            enabled: _,
            namespace,
            prefix,
            instance,
            max_staleness,
            operation_budget,
            serve_young_without_bus: _,
            bytes,
            warming,
            observing: _,
        } = self;
        bytes.check(faults);
        warming.check(faults);
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '@' | '-');
        if namespace.len() > 128 || !namespace.chars().all(plain) {
            faults.add(format!(
                "namespace = {namespace:?}: allowed are 0 to 128 characters of [A-Za-z0-9_.@-]"
            ));
        }
        if let Some(instance) = instance
            && (instance.is_empty() || instance.len() > 64 || !instance.chars().all(plain))
        {
            faults.add(format!(
                "instance = {instance:?}: allowed are 1 to 64 characters of [A-Za-z0-9_.@-]"
            ));
        }
        if let Some(prefix) = prefix {
            let graphic = |c: char| c.is_ascii_graphic();
            if prefix.len() > 128 || !prefix.chars().all(graphic) {
                faults.add(format!(
                    "prefix = {prefix:?}: allowed are 0 to 128 visible ASCII characters"
                ));
            }
        }
        // The heartbeat is 400 ms: below twice that the gate would close
        // between two heartbeats of a healthy bus.
        faults.check_range(
            "max_staleness",
            *max_staleness,
            Duration::from_millis(800),
            Duration::from_secs(3600),
            |d| format!("{d:?}"),
        );
        faults.check_range(
            "operation_budget",
            *operation_budget,
            Duration::from_millis(1),
            Duration::from_secs(60),
            |d| format!("{d:?}"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The defaults that the builder's documentation names.
    #[test]
    fn defaults() {
        let config = FlowConfig::default();
        assert_eq!(config.full_prefix(), "cacheflow:");
        assert_eq!(config.max_staleness, Duration::from_secs(2));
        assert_eq!(config.operation_budget, Duration::from_millis(50));
        assert!(!config.serve_young_without_bus);
        let mut faults = Faults::default();
        config.check(&mut faults);
        faults.into_result("build").unwrap();
    }

    #[test]
    fn prefix_and_namespace_make_the_names() {
        let name = |namespace: &str, prefix: Option<&str>| {
            FlowConfig {
                namespace: namespace.to_owned(),
                prefix: prefix.map(str::to_owned),
                ..FlowConfig::default()
            }
            .full_prefix()
        };
        assert_eq!(name("shop", None), "cacheflow:shop/");
        assert_eq!(name("", Some("")), "");
        assert_eq!(name("shop", Some("")), "shop/");
        assert_eq!(name("shop", Some("x/")), "x/shop/");
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let config = FlowConfig {
            enabled: true,
            namespace: "a:b".to_owned(),
            prefix: Some("a b".to_owned()),
            instance: Some(String::new()),
            max_staleness: Duration::from_millis(1),
            operation_budget: Duration::ZERO,
            serve_young_without_bus: true,
            bytes: BytesConfig {
                compress_above: Some(usize::MAX),
                ..BytesConfig::default()
            },
            warming: WarmingConfig {
                parallelism: 0,
                ..WarmingConfig::default()
            },
            observing: ObservingConfig::default(),
        };
        let mut faults = Faults::default();
        config.check(&mut faults);
        let message = faults.into_result("build").unwrap_err().to_string();
        for part in [
            "namespace = \"a:b\"",
            "prefix = \"a b\"",
            "instance = \"\": allowed are 1 to 64 characters",
            "max_staleness = 1ms: allowed is 800ms to 3600s",
            "operation_budget = 0ns: allowed is 1ms to 60s",
            "compress_above = 18446744073709551615 bytes: allowed is 0 to 536870912 bytes",
            "warming.parallelism = 0: allowed is 1 to 1024",
        ] {
            assert!(message.contains(part), "{part:?} is not in {message}");
        }
    }
}
