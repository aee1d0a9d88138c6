//! A part of a strategy without what it needs.

use cacheflow::cached;

#[cached(refresh_ahead)]
async fn f(id: u64) -> u64 {
    id
}

fn main() {}
