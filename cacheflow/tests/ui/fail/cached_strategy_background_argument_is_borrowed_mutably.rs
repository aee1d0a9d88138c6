//! The call is over before the load is.

use cacheflow::cached;

#[cached(strategy = refresh_ahead(0.8), skip(pool))]
async fn find(pool: &mut Vec<u64>, id: u64) -> u64 {
    pool.push(id);
    id
}

fn main() {}
