//! Nobody knows which field a union holds.

use cacheflow::CacheKey;

#[derive(CacheKey)]
union Id {
    small: u32,
    large: u64,
}

fn main() {}
