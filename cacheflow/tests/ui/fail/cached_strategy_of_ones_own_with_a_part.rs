//! A part of a strategy beside a strategy of one's own.

use cacheflow::cached;

#[cached(strategy = cacheflow::Strategy::multi_level(), refresh_ahead = 0.8)]
async fn f(id: u64) -> Result<u64, cacheflow::Error> {
    Ok(id)
}

fn main() {}
