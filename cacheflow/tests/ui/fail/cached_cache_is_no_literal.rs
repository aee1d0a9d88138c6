//! The cache's name is read by the macro: only a literal can be.

use cacheflow::cached;

const NAME: &str = "users";

#[cached(cache = NAME)]
async fn find(id: u64) -> u64 {
    id
}

fn main() {}
