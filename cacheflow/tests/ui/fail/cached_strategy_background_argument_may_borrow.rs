//! A type parameter may stand for something borrowed.

use cacheflow::cached;

#[cached(strategy = refresh_ahead(0.8))]
async fn find<T: cacheflow::CacheKey + Send>(value: T) -> u64 {
    drop(value);
    1
}

fn main() {}
