//! Looking into a flow that runs: its health, what its caches hold, and why.

#![cfg(all(
    feature = "macros",
    feature = "json",
    feature = "msgpack",
    feature = "zstd",
    feature = "seal"
))]

mod caches;
mod entries;
mod explain;
mod find;
mod health;
mod world;
