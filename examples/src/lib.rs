//! Runnable examples of CacheFlow. The library itself is empty: each example is a target of this package.
//!
//! | example | shows | run it |
//! |---|---|---|
//! | `quickstart` | a shop on SQLite, read with and without the cache while rows change, and what that was worth | `cargo run --release --example quickstart` |
