//! What a flow tells of itself: statistics, events, spans, metrics, advice.

#![cfg(all(feature = "macros", feature = "json"))]

mod figures;
mod lookups;
mod report;
mod traffic;
mod world;
