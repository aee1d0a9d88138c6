//! Warming: what is kept before anybody asks for it.

#![cfg(all(feature = "macros", feature = "msgpack", feature = "cron"))]

mod asking;
mod discovery;
mod fences;
mod filling;
mod nodes;
mod progress;
mod rewarming;
mod schedules;
mod snapshots;
mod starts;
mod troubles;
mod world;
