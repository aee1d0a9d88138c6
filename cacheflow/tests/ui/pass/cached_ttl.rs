//! Durations as text and as expressions.

#![deny(warnings)]

use cacheflow::cached;
use std::time::Duration;

const SHORT: Duration = Duration::from_secs(5);

#[cached(ttl = "1ms")]
async fn shortest(id: u64) -> u64 {
    id
}

#[cached(ttl = "366d")]
async fn longest(id: u64) -> u64 {
    id
}

#[cached(ttl = "1h 30min 5s 250ms")]
async fn combined(id: u64) -> u64 {
    id
}

#[cached(ttl = SHORT)]
async fn constant(id: u64) -> u64 {
    id
}

#[cached(ttl = if id == 0 { SHORT } else { Duration::from_secs(id) })]
async fn computed(id: u64) -> u64 {
    id
}

fn main() {
    drop(shortest(1));
    drop(longest(1));
    drop(combined(1));
    drop(constant(1));
    drop(computed(1));
}
