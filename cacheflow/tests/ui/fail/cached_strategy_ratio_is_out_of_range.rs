//! The whole lifetime would be too late.

use cacheflow::cached;

#[cached(strategy = refresh_ahead(1.0))]
async fn find(id: u64) -> u64 {
    id
}

fn main() {}
