//! Attributed functions only read.

use cacheflow::cached;

#[cached(strategy = multi_level + write_behind)]
async fn find(id: u64) -> u64 {
    id
}

fn main() {}
