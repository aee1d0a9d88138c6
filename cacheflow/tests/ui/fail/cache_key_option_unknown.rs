//! An option that there is not.

use cacheflow::CacheKey;

#[derive(CacheKey)]
struct Id {
    #[key(skp)]
    id: u64,
}

fn main() {}
