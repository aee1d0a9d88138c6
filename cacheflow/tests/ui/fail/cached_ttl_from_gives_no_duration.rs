//! A lifetime that is a number.

use cacheflow::cached;

#[cached(ttl_from = |value: &u64| *value)]
async fn f(id: u64) -> u64 {
    id
}

fn main() {}
