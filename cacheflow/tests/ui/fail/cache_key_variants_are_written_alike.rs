//! Two variants of one text.

use cacheflow::CacheKey;

#[derive(CacheKey)]
enum Id {
    #[key(rename = "Other")]
    One(u64),
    Other(u64),
}

fn main() {}
