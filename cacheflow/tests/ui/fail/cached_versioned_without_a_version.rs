//! A version of something that has none.

use cacheflow::cached;

#[cached(key = "{id}", versioned(id))]
async fn f(id: u64) -> u64 {
    id
}

fn main() {}
