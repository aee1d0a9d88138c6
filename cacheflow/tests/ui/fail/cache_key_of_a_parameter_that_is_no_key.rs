//! A derived key is one only for type arguments that are keys.

use cacheflow::{CacheKey, cached};

struct Pool;

#[derive(CacheKey)]
struct Id<T> {
    value: T,
}

#[cached]
async fn find(id: Id<Pool>) -> u64 {
    let _ = id.value;
    1
}

fn main() {}
