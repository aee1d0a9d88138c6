//! Who is measured, by what is asked for and what is found.

use std::sync::Arc;

use super::functions::{self, FLOW};
use super::stores;
use super::subject::{Entrant, User};

/// The floor, the peer that ratios are taken to, and the peer of the goal.
pub(crate) const FLOOR: &str = "`DashMap`, unbounded";
pub(crate) const BASE: &str = "moka `sync`";
pub(crate) const CACHED: &str = "cached `#[concurrent_cached]`";

/// Ours as most will use it.
pub(crate) const ATTRIBUTE: &str = "cacheflow `#[cached]`";

const DASHMAP: Option<&str> = Some("dashmap");
const MOKA: Option<&str> = Some("moka");
const QUICK: &str = "quick_cache, no TTL";
const FOYER: &str = "foyer, no TTL";
const OURS: Option<&str> = None;

/// `fn(u64) -> Arc<User>`.
pub(crate) fn numbers() -> Vec<Entrant<u64, Arc<User>>> {
    vec![
        Entrant::new(FLOOR, DASHMAP, stores::map()),
        Entrant::new(BASE, MOKA, stores::moka()),
        Entrant::new("moka `future`", MOKA, stores::moka_future()),
        Entrant::new(QUICK, Some("quick_cache"), stores::quick()),
        Entrant::new(CACHED, Some("cached"), functions::by_cached),
        Entrant::new(
            "cached, `async fn`",
            Some("cached"),
            functions::by_cached_async,
        ),
        Entrant::new(
            "cached `#[cached]`",
            Some("cached"),
            functions::by_cached_locked,
        ),
        Entrant::new(FOYER, Some("foyer-memory"), stores::foyer()),
        Entrant::new("cachet", Some("cachet"), stores::cachet()),
        Entrant::new(ATTRIBUTE, OURS, functions::by_cacheflow),
        Entrant::new(
            "cacheflow `get_or_load`",
            OURS,
            stores::loading(&FLOW, "numbers.loading"),
        ),
        Entrant::new(
            "cacheflow `get`",
            OURS,
            stores::getting(&FLOW, "numbers.getting"),
        ),
    ]
}

/// `fn(&str) -> Arc<User>`.
pub(crate) fn texts() -> Vec<Entrant<str, Arc<User>>> {
    vec![
        Entrant::new(FLOOR, DASHMAP, stores::map()),
        Entrant::new(BASE, MOKA, stores::moka()),
        Entrant::new(QUICK, Some("quick_cache"), stores::quick()),
        Entrant::new(CACHED, Some("cached"), functions::by_cached_text),
        Entrant::new(
            "amalgam `get_or_set`",
            Some("amalgam-cache"),
            functions::amalgam(),
        ),
        Entrant::new("cachet", Some("cachet"), stores::cachet()),
        Entrant::new(ATTRIBUTE, OURS, functions::by_cacheflow_text),
        Entrant::new(
            "cacheflow `get_or_load`",
            OURS,
            stores::loading(&FLOW, "texts.loading"),
        ),
    ]
}

/// `fn(u64) -> User`.
pub(crate) fn owned() -> Vec<Entrant<u64, User>> {
    vec![
        Entrant::new(FLOOR, DASHMAP, stores::map()),
        Entrant::new(BASE, MOKA, stores::moka()),
        Entrant::new(CACHED, Some("cached"), functions::by_cached_owned),
        Entrant::new("hitbox `#[cached]`", Some("hitbox"), functions::by_hitbox()),
        Entrant::new(
            "multi-tier-cache",
            Some("multi-tier-cache"),
            functions::multi_tier(),
        ),
        Entrant::new("cachet", Some("cachet"), stores::cachet()),
        Entrant::new(ATTRIBUTE, OURS, functions::by_cacheflow_owned),
        Entrant::new(
            "cacheflow `get_or_load`",
            OURS,
            stores::loading(&FLOW, "owned.loading"),
        ),
    ]
}
