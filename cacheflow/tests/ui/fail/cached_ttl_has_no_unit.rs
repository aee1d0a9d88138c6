//! A number alone could be anything.

use cacheflow::cached;

#[cached(ttl = "90")]
async fn find(id: u64) -> u64 {
    id
}

fn main() {}
