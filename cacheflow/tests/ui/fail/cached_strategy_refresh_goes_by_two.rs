//! One of the three ways.

use cacheflow::cached;

#[cached(strategy = refresh_ahead(0.8, early = 1.0))]
async fn find(id: u64) -> u64 {
    id
}

fn main() {}
