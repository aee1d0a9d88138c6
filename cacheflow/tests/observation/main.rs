//! What a flow tells of itself: statistics, events, spans, metrics, advice.

#![cfg(all(feature = "macros", feature = "metrics", feature = "toml"))]

mod advised;
mod collected;
mod events;
mod figures;
mod logs;
mod lookups;
mod metered;
mod report;
mod traffic;
mod world;
