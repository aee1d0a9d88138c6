//! A dependency without a key.

use cacheflow::cached;

#[cached(depends_on = ["users"])]
async fn f(id: u64) -> u64 {
    id
}

fn main() {}
