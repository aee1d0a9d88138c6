//! Statistics for programs and for people.

use std::collections::BTreeSet;

use cacheflow::{Cache, CircuitBreaker, Strategy};
use serde_json::Value;

use crate::world::{alone, load};

/// The documentation that names all figures.
const DOCS: &str = include_str!("../../../docs/observability.md");

/// The paths of all values in `json`; names of caches and breakers are `*`.
fn paths(json: &Value, path: &str, all: &mut BTreeSet<String>) {
    match json {
        Value::Object(fields) => {
            for (name, value) in fields {
                let name = match path {
                    "caches." | "breakers." => "*",
                    _ => name,
                };
                match value {
                    Value::Object(_) => paths(value, &format!("{path}{name}."), all),
                    _ => drop(all.insert(format!("{path}{name}"))),
                }
            }
        }
        _ => panic!("{path}: {json}"),
    }
}

/// What stands in the first column of the table under this heading.
pub(crate) fn documented(heading: &str) -> BTreeSet<String> {
    let (_, section) = DOCS.split_once(&format!("\n{heading}\n")).unwrap();
    let section = section.split("\n#").next().unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
    let cells = rows.map(|row| row.split(" | ").next().unwrap());
    cells
        .flat_map(|cell| cell.split("`, `"))
        .map(|name| name.trim_matches('`').to_owned())
        .collect()
}

#[tokio::test]
async fn the_documented_fields_are_those_of_the_json() {
    let flow = alone().await;
    let strategy = Strategy::multi_level().circuit_breaker(CircuitBreaker::new());
    let cache: Cache<u64, u64> = flow.cache("numbers").strategy(strategy).build().unwrap();
    load(&cache, 1).await;
    let json = serde_json::to_value(flow.stats()).unwrap();
    let mut all = BTreeSet::new();
    paths(&json, "", &mut all);
    // The parts of a time are documented once.
    let latencies = [
        "caches.*.load_time.",
        "caches.*.shared_latency.",
        "bus.lag.",
    ];
    let is_part = |path: &&String| latencies.iter().any(|of| path.starts_with(of));
    let parts: BTreeSet<String> = all
        .iter()
        .filter(is_part)
        .map(|path| path.rsplit('.').next().unwrap().to_owned())
        .collect();
    all.retain(|path| !is_part(&path));
    let wholes = latencies.map(|of| of.trim_end_matches('.').to_owned());
    all.extend(wholes);
    assert_eq!(all, documented("### Fields"));
    assert_eq!(parts, documented("### Times"));
}

#[tokio::test]
async fn what_is_computed_stands_in_the_json_as_well() {
    let flow = alone().await;
    let cache: Cache<u64, u64> = flow.cache("numbers").build().unwrap();
    for key in [1, 1, 1, 2] {
        load(&cache, key).await;
    }
    let json = serde_json::to_value(cache.stats()).unwrap();
    for (field, value) in [
        ("lookups", 4.0),
        ("hits", 2.0),
        ("misses", 2.0),
        ("hit_rate", 0.5),
    ] {
        assert_eq!(json[field].as_f64(), Some(value), "{field}");
    }
    assert_eq!(json["entries"], 2);
    assert_eq!(json["breaker_open"], false);
}

#[tokio::test]
async fn a_table_has_a_row_for_each_cache() {
    let flow = alone().await;
    let _users: Cache<u64, u64> = flow.cache("users").build().unwrap();
    let orders: Cache<u64, u64> = flow.cache("orders").build().unwrap();
    load(&orders, 1).await;
    let table = flow.stats().to_string();
    let first = |line: &str| line.split_whitespace().next().unwrap().to_owned();
    let rows: Vec<_> = table.lines().map(first).collect();
    assert_eq!(rows, ["cache", "orders", "users", "in"]);
}
