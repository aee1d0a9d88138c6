//! A key has no braces of its own.

use cacheflow::cached;

#[cached(key = "{{id}}")]
async fn find(id: u64) -> u64 {
    id
}

fn main() {}
