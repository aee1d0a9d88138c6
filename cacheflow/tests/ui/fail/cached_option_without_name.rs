//! A value with its option forgotten.

use cacheflow::cached;

#[cached("users")]
async fn find(id: u64) -> u64 {
    id
}

fn main() {}
