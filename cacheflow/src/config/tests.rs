//! Configuration as it is read: names, values, faults, layers.

use std::path::Path;
use std::time::Duration;

use super::table::Table;
use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn faults<T: std::fmt::Debug>(result: crate::error::Result<T>) -> String {
    result.unwrap_err().to_string()
}

fn assert_parts(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
}

fn variables(pairs: &[(&str, &str)]) -> crate::error::Result<CacheFlowConfig> {
    let pairs: Vec<_> = pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    CacheFlowConfig::from_variables(pairs)
}

#[test]
#[cfg(feature = "toml")]
fn all_that_is_wrong_with_a_file_is_told_at_once() {
    let text = r#"
        namespase = "shop"
        max_staleness = "soon"
        [caches.users]
        tll = "1h"
        ttl = true
        max_memory = "much"
        [cashes.users]
        ttl = 1
        [defaults]
        idle = "1ms"
        strategy = "multi-level + refresh-ahed"
    "#;
    let error = CacheFlowConfig::layered(Some((Path::new("etc/shop.toml"), text)), []);
    assert_parts(
        &faults(error),
        &[
            "etc/shop.toml: namespase: there is no such option; did you mean namespace?",
            "etc/shop.toml: max_staleness: the duration \"soon\" cannot be read",
            "etc/shop.toml: caches.users.tll: there is no such option; did you mean ttl?",
            "etc/shop.toml: caches.users.ttl: true cannot be read: allowed is a duration like \"90s\"",
            "etc/shop.toml: caches.users.max_memory: \"much\" cannot be read: allowed is a size",
            "etc/shop.toml: cashes: there is no such option; did you mean caches?",
            "defaults: idle = 1ms: allowed is 8ms to",
            "defaults: strategy \"refresh-ahed\": did you mean refresh-ahead?",
        ],
    );
}

#[test]
fn all_that_is_wrong_with_variables_is_told_by_their_names() {
    let error = variables(&[
        ("CACHEFLOW_NAMESPASE", "shop"),
        ("CACHEFLOW_CACHES__USERS__TLL", "1h"),
        ("CACHEFLOW_CACHES__USERS__TTL", "soon"),
        ("CACHEFLOW_CACHES__TTL", "1h"),
        ("CACHEFLOW_WARMING", "1"),
        ("CACHEFLOW_WARMING__PARALELISM", "1"),
        ("CACHEFLOW_ENABLED", "perhaps"),
        ("CACHEFLOW_CACHES__ORDERS__MAX_ENTRIES", "0"),
    ]);
    assert_parts(
        &faults(error),
        &[
            "CACHEFLOW_NAMESPASE: there is no such option; did you mean CACHEFLOW_NAMESPACE?",
            "CACHEFLOW_CACHES__USERS__TLL: there is no such option; did you mean CACHEFLOW_CACHES__USERS__TTL?",
            "CACHEFLOW_CACHES__USERS__TTL: the duration \"soon\" cannot be read",
            "CACHEFLOW_CACHES__TTL: there is no such option",
            "CACHEFLOW_WARMING: this is a table",
            "did you mean CACHEFLOW_WARMING__PARALLELISM?",
            "CACHEFLOW_ENABLED: \"perhaps\" cannot be read: allowed is true or false",
            "CACHEFLOW_CACHES__ORDERS: max_entries = 0: allowed is 1 to",
        ],
    );
}

#[test]
fn variables_of_others_and_of_a_kubernetes_service_are_passed_over() {
    let config = variables(&[
        ("PATH", "/bin"),
        ("CACHEFLOW_SERVICE_HOST", "10.0.0.1"),
        ("CACHEFLOW_SERVICE_PORT_HTTP", "80"),
        ("CACHEFLOW_PORT", "tcp://10.0.0.1:80"),
        ("CACHEFLOW_PORT_80_TCP_ADDR", "10.0.0.1"),
        ("CACHEFLOW_CONFIG", "etc/shop.toml"),
    ]);
    assert_eq!(config.unwrap(), CacheFlowConfig::default());
}

#[test]
#[cfg(feature = "toml")]
fn names_of_caches_as_variables_can_spell_them() {
    let text = r#"
        [caches."order-lines.v2"]
        ttl = "1h"
        max_entries = 5
        [caches.Users]
        ttl = "1h"
        [caches.users]
        ttl = "2h"
    "#;
    let pairs = [
        ("CACHEFLOW_CACHES__ORDER_LINES_V2__TTL", "1s"),
        ("CACHEFLOW_CACHES__USERS__TTL", "2s"),
        ("CACHEFLOW_CACHES__SHOP__CARTS__TTL", "3s"),
    ];
    let pairs = pairs.map(|(name, value)| (name.into(), value.into()));
    let config = CacheFlowConfig::layered(Some((Path::new("x.toml"), text)), pairs).unwrap();
    let ttl = |name: &str| config.cache(name).ttl;
    assert_eq!(ttl("order-lines.v2"), Some(SECOND));
    assert_eq!(config.cache("order-lines.v2").max_entries, Some(5));
    assert_eq!(ttl("order_lines_v2"), Some(SECOND));
    // Two of one spelling have what is said of either.
    assert_eq!(
        (ttl("users"), ttl("Users")),
        (Some(2 * SECOND), Some(2 * SECOND))
    );
    assert_eq!(ttl("shop__carts"), Some(3 * SECOND));
    assert_eq!(ttl("order"), None);
}

#[test]
#[cfg(feature = "toml")]
fn the_nearer_layer_wins_option_by_option() {
    let text = r#"
        namespace = "of the file"
        instance = "shop-1"
        [defaults]
        ttl = "1m"
        cache_none = "1s"
        max_memory = "64 KiB"
        strategy = "refresh-ahead"
        refresh_ratio = 0.5
        [caches.users]
        ttl = "2m"
        max_entries = 7
        [caches.orders]
        strategy = "cache-aside"
        [caches.carts]
        refresh_after = "10s"
    "#;
    let text = text.replace("of the file", "of-the-file");
    let pairs = [
        ("CACHEFLOW_NAMESPACE", "of-variables"),
        ("CACHEFLOW_DEFAULTS__TTL", "3m"),
        ("CACHEFLOW_CACHES__USERS__CACHE_ERR", "4s"),
    ];
    let pairs = pairs.map(|(name, value)| (name.into(), value.into()));
    let config = CacheFlowConfig::layered(Some((Path::new("x.toml"), &text)), pairs).unwrap();
    assert_eq!(config.namespace.as_deref(), Some("of-variables"));
    assert_eq!(config.instance.as_deref(), Some("shop-1"));
    let users = config.cache("users");
    assert_eq!(users.ttl, Some(120 * SECOND));
    assert_eq!(users.cache_none, Some(SECOND));
    assert_eq!(users.cache_err, Some(4 * SECOND));
    // One of them takes the other's place.
    assert_eq!((users.max_entries, users.max_memory), (Some(7), None));
    // Another strategy has other options.
    assert_eq!(config.cache("orders").refresh_ratio, None);
    let carts = config.cache("carts");
    assert_eq!(
        (carts.refresh_ratio, carts.refresh_after),
        (None, Some(10 * SECOND))
    );
    assert_eq!(config.cache("others").ttl, Some(180 * SECOND));
}

#[test]
#[cfg(feature = "toml")]
fn a_fault_of_the_defaults_is_told_once() {
    let text = "[defaults]\nttl_jitter = 0.9\n[caches.a]\nttl = 1\n[caches.b]\nidle = \"1ms\"\n";
    let error = faults(CacheFlowConfig::from_toml_str(text));
    assert_eq!(error.matches("ttl_jitter").count(), 1, "{error}");
    assert_parts(
        &error,
        &["defaults: ttl_jitter = 0.9", "caches.b: idle = 1ms"],
    );
}

#[test]
#[cfg(feature = "toml")]
fn what_contradicts_itself_of_the_backend() {
    for (text, part) in [
        (
            "topology = \"ring\"",
            "redis.topology = \"ring\": allowed are standalone, sentinel, cluster",
        ),
        (
            "urls = [\"a\", \"b\"]",
            "redis.urls: 2 of them, allowed is one",
        ),
        ("topology = \"sentinel\"", "it needs redis.primary"),
        (
            "primary = \"shop\"",
            "redis.primary = \"shop\": allowed with the topology sentinel",
        ),
        (
            "topology = \"cluster\"\ndatabase = 1",
            "redis.database = 1: allowed is 0",
        ),
        (
            "[bus]\nkind = \"udp\"",
            "bus.kind = \"udp\": allowed are pubsub, stream",
        ),
    ] {
        let error = CacheFlowConfig::from_toml_str(&format!("[redis]\n{text}\n"));
        assert_parts(&faults(error), &[part]);
    }
}

#[test]
#[cfg(feature = "toml")]
fn what_is_wrong_is_told_without_secrets() {
    for text in [
        "[redis]\npassword = \"sesame\nurls = 1",
        "[redis]\npassword = [\"sesame\"]",
        "[redis]\nurls = [\"redis://u:sesame@h\", 5]",
        "[redis]\npasword = \"sesame\"",
    ] {
        let error = CacheFlowConfig::from_toml_str(text).unwrap_err();
        assert!(
            !format!("{error} {error:?}").contains("sesame"),
            "{error:?}"
        );
    }
    let line = faults(CacheFlowConfig::from_toml_str("ttl = 1\nnamespace = \"x\n"));
    assert_parts(&line, &["line 2:"]);
}

#[test]
#[cfg(all(feature = "toml", feature = "yaml", feature = "json"))]
fn the_same_in_every_format() {
    let toml = "enabled = true\n[redis]\ndatabase = 3\n[defaults]\nttl_jitter = 0.25\n[caches.\"a-b\"]\nttl = \"90s\"\nmax_memory = \"1 MiB\"\ninvalidation_patterns = [\"x:*\"]\n";
    let yaml = "enabled: true\nredis:\n  database: 3\n  primary: ~\ndefaults: {ttl_jitter: 0.25}\ncaches:\n  a-b:\n    ttl: 90s\n    max_memory: 1 MiB\n    invalidation_patterns: ['x:*']\n";
    let json = r#"{"enabled":true,"redis":{"database":3,"primary":null},"defaults":{"ttl_jitter":0.25},"caches":{"a-b":{"ttl":"90s","max_memory":"1 MiB","invalidation_patterns":["x:*"]}}}"#;
    let of_toml = CacheFlowConfig::from_toml_str(toml).unwrap();
    assert_eq!(CacheFlowConfig::from_yaml_str(yaml).unwrap(), of_toml);
    assert_eq!(CacheFlowConfig::from_json_str(json).unwrap(), of_toml);
    assert_eq!(of_toml.caches["a-b"].ttl, Some(90 * SECOND));
    assert_eq!(of_toml.redis.database, Some(3));

    for (path, text) in [
        ("x.yml", yaml),
        ("x.yaml", yaml),
        ("x.json", json),
        ("x", toml),
    ] {
        let config = CacheFlowConfig::layered(Some((Path::new(path), text)), []);
        assert_eq!(config.unwrap(), of_toml, "{path}");
    }
    for (fault, part) in [
        (
            CacheFlowConfig::from_yaml_str("a: 1\n---\nb: 1\n"),
            "several documents",
        ),
        (CacheFlowConfig::from_yaml_str("a: [\n"), "line"),
        (
            CacheFlowConfig::from_json_str("{\"enabled\":true,\"enabled\":false}"),
            "twice",
        ),
        (
            CacheFlowConfig::from_json_str("[]"),
            "a list, allowed is a table",
        ),
    ] {
        assert_parts(&faults(fault), &[part]);
    }
}

#[test]
fn what_is_serialised_is_read_again() {
    let mut config = CacheFlowConfig {
        max_staleness: Some(90 * SECOND),
        ..CacheFlowConfig::default()
    };
    config.redis.urls = Some(vec!["redis://u:sesame@h".into()]);
    config.warming.parallelism = Some(2);
    config.defaults.max_memory = Some(1 << 20);
    let users = config.caches.entry("users".to_owned()).or_default();
    users.strategy = Some(vec!["multi-level".to_owned(), "refresh-ahead".to_owned()]);
    users.refresh_ratio = Some(0.5);
    let json = serde_json::to_string(&config).unwrap();
    assert_eq!(
        serde_json::from_str::<CacheFlowConfig>(&json).unwrap(),
        config
    );
    assert_parts(
        &json,
        &["\"max_memory\":\"1 MiB\"", "\"max_staleness\":\"1m 30s\""],
    );
    let users = serde_json::to_string(&config.caches["users"]).unwrap();
    assert_eq!(
        serde_json::from_str::<CacheOptions>(&users).unwrap(),
        config.caches["users"]
    );
    let error = serde_json::from_str::<CacheOptions>("{\"tll\":1,\"ttl\":[]}").unwrap_err();
    assert_parts(
        &error.to_string(),
        &["did you mean ttl?", "a list cannot be read"],
    );
    assert!(!format!("{config:?}").contains("sesame"));
}

#[test]
fn a_line_of_options() {
    let spec = "max_entries=10000, ttl=10m,refresh_ahead=0.8,local=true,max_value_bytes=64kb";
    let options: CacheOptions = spec.parse().unwrap();
    let expected = CacheOptions {
        max_entries: Some(10_000),
        ttl: Some(600 * SECOND),
        refresh_ratio: Some(0.8),
        strategy: Some(vec!["refresh-ahead".to_owned()]),
        local: Some(true),
        max_value_bytes: Some(64_000),
        ..CacheOptions::default()
    };
    assert_eq!(options, expected);

    let options: CacheOptions = "refresh_ahead=4m,strategy=fail-safe,stale_ttl=1h"
        .parse()
        .unwrap();
    assert_eq!(options.refresh_after, Some(240 * SECOND));
    let names = options.strategy.unwrap();
    assert_eq!(names, ["fail-safe", "refresh-ahead"]);
    assert_eq!("".parse::<CacheOptions>().unwrap(), CacheOptions::default());

    let error =
        faults("tll=1,ttl=soon,local,idle=1,idle=2,refresh_ahead=now".parse::<CacheOptions>());
    assert_parts(
        &error,
        &[
            "tll: there is no such option; did you mean ttl?",
            "ttl: the duration \"soon\" cannot be read",
            "local: allowed is name=value",
            "idle: it stands there twice",
            "refresh_ahead: allowed is a share of the lifetime like 0.8, or an age like 4m",
        ],
    );
}

/// The reference, which stands at the top of the repository.
#[test]
#[cfg(feature = "toml")]
fn the_reference_is_current_and_says_nothing() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../cacheflow.toml");
    let reference = CacheFlowConfig::reference();
    if std::env::var_os("OVERWRITE").is_some() {
        std::fs::write(&path, &reference).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == reference,
        "cacheflow.toml is not current: test it with OVERWRITE=1"
    );
    let config = CacheFlowConfig::from_toml_str(&reference).unwrap();
    assert_eq!(config, CacheFlowConfig::default());
}

/// A preset that is said is the same as nothing said.
#[test]
#[cfg(all(feature = "toml", feature = "msgpack", feature = "zstd"))]
fn the_defaults_in_the_reference_are_those_that_hold() {
    let said = CacheFlowConfig::reference().replace("\n# ", "\n");
    let config = CacheFlowConfig::from_toml_str(&said).unwrap();
    assert_ne!(config, CacheFlowConfig::default());

    let mut faults = Faults::default();
    let of_flow = |config: &CacheFlowConfig, faults: &mut Faults| {
        let mut flow = config.flow_config(faults);
        // What is said of bytes is what is taken where nothing is said.
        let none = BytesConfig::default();
        let written = flow.bytes.within(&none).unwrap();
        flow.bytes = none;
        flow.prefix = Some(flow.prefix.unwrap_or_else(|| "cacheflow:".to_owned()));
        let threshold = written.compression.threshold();
        (flow, written.codec, written.compression.level, threshold)
    };
    let unsaid = of_flow(&CacheFlowConfig::default(), &mut faults);
    assert_eq!(of_flow(&config, &mut faults), unsaid);

    let of_cache = |config: &CacheFlowConfig, faults: &mut Faults| {
        let mut of_it = CacheConfig::default();
        config.cache("users").configure(&mut of_it, faults);
        of_it
    };
    let mut unsaid = of_cache(&CacheFlowConfig::default(), &mut faults);
    unsaid.max_entries = Some(10_000);
    assert_eq!(of_cache(&config, &mut faults), unsaid);
    faults.into_result("test").unwrap();
}

/// What is only an example can be written so.
#[test]
#[cfg(feature = "toml")]
fn every_example_of_the_reference_can_be_read() {
    let mut table = "";
    let reference = CacheFlowConfig::reference();
    for line in reference.lines() {
        if line.starts_with('[') {
            table = line;
        }
        let Some(example) = line.strip_prefix("#: ").filter(|it| !it.starts_with('[')) else {
            continue;
        };
        let path = Path::new("x.toml");
        let text = format!("{table}\n{example}\n");
        let tree = super::formats::toml(&text).unwrap();
        let mut faults = Faults::default();
        let config = CacheFlowConfig::of_tree(&tree, &mut faults);
        assert_eq!(faults.into_list(), [""; 0], "{} {example}", path.display());
        assert_ne!(config, CacheFlowConfig::default(), "{example}");
    }
}

#[test]
fn whatever_takes_anothers_place_is_an_option() {
    for one_of in CacheOptions::ONE_OF {
        for name in *one_of {
            assert!(
                CacheOptions::ROWS.iter().any(|row| row.name == *name),
                "{name}"
            );
        }
    }
}
