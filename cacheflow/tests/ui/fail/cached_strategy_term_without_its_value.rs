//! How long the old value stands in is not known to anybody else.

use cacheflow::cached;

#[cached(strategy = fail_safe)]
async fn find(id: u64) -> u64 {
    id
}

fn main() {}
