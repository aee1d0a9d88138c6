//! A text that would have to be escaped.

use cacheflow::CacheKey;

#[derive(CacheKey)]
enum Id {
    #[key(rename = "a:b")]
    One(u64),
    Other(u64),
}

fn main() {}
