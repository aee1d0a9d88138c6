//! Configuration from files and variables, down to what caches do.

#![cfg(all(
    feature = "toml",
    feature = "yaml",
    feature = "json",
    feature = "msgpack",
    feature = "zstd",
    feature = "macros",
    feature = "cron"
))]

mod bounds;
mod bytes;
mod environment;
mod flow;
mod layers;
mod lifetimes;
mod loading;
mod reconfiguring;
mod strategies;
mod switching;
mod table;
mod warming;
mod watching;
mod world;
mod writing_behind;
