//! The compiler's message on the field's type.

use cacheflow::CacheKey;

struct Price;

#[derive(CacheKey)]
struct Id {
    org: u32,
    price: Price,
}

fn main() {}
