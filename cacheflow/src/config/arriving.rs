//! Options that other parts read: that what a file says of them arrives there.

use std::path::PathBuf;
use std::time::Duration;

use super::*;

type Seen = fn(&FlowConfig, &CacheConfig) -> bool;

/// The option, a value that is not its default, and where it is seen.
const ARRIVING: &[(&str, &str, Seen)] = &[
    ("warming.enabled", "false", |flow, _| !flow.warming.enabled),
    ("warming.parallelism", "7", |flow, _| {
        flow.warming.parallelism == 7
    }),
    ("warming.snapshot", "\"hot\"", |flow, _| {
        flow.warming.snapshot == Some(PathBuf::from("hot"))
    }),
    ("caches.*.max_ttl", "\"1h\"", |_, cache| {
        cache.max_ttl == Some(Duration::from_secs(3600))
    }),
    ("caches.*.invalidation_patterns", "[\"a:*\"]", |_, cache| {
        cache.invalidation_patterns == ["a:*"]
    }),
    ("caches.*.warm_on_startup", "true", |_, cache| {
        cache.warming.on_startup
    }),
    ("caches.*.warming_interval", "\"30m\"", |_, cache| {
        cache.warming.every == Some(Duration::from_secs(1800))
    }),
    ("caches.*.warming_cron", "\"0 0 * * * *\"", |_, cache| {
        cache.warming.cron.as_deref() == Some("0 0 * * * *")
    }),
];

#[test]
fn what_a_file_says_arrives() {
    for (option, value, is_seen) in ARRIVING {
        let (table, name) = option.rsplit_once('.').unwrap();
        let table = table.replace('*', "users");
        let said = CacheFlowConfig::from_toml_str(&format!("[{table}]\n{name} = {value}\n"));
        let seen = [CacheFlowConfig::default(), said.unwrap()].map(|config| {
            let mut faults = Faults::default();
            let mut cache = CacheConfig::default();
            config.cache("users").configure(&mut cache, &mut faults);
            is_seen(&config.flow_config(&mut faults), &cache)
        });
        assert_eq!(seen, [false, true], "{option}");
    }
}
