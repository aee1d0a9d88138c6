//! The load needs a pool of its own.

use cacheflow::cached;

struct Pool(u64);

#[cached(strategy = refresh_ahead(0.8), skip(pool))]
async fn find(pool: &Pool, id: u64) -> u64 {
    pool.0 + id
}

fn main() {}
