//! A variant that is skipped.

use cacheflow::CacheKey;

#[derive(CacheKey)]
enum Id {
    #[key(skip)]
    None,
    Some(#[key(rename = "x")] u64),
}

fn main() {}
