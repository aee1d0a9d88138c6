//! A key that says nothing.

use cacheflow::cached;

#[cached(key = "")]
async fn find(id: u64) -> u64 {
    id
}

fn main() {}
