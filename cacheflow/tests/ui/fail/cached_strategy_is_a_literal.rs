//! A text is no strategy.

use cacheflow::cached;

#[cached(strategy = "refresh-ahead")]
async fn find(id: u64) -> u64 {
    id
}

fn main() {}
