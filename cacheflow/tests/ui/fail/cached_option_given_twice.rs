//! An option is given once.

use cacheflow::cached;

#[cached(ttl = "1h", ttl = "2h")]
async fn find(id: u64) -> u64 {
    id
}

fn main() {}
