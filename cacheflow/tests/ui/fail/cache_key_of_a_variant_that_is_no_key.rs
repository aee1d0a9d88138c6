//! The compiler's message on the field's type.

use cacheflow::CacheKey;

struct Price;

#[derive(CacheKey)]
enum Id {
    Any,
    Of(Price),
}

fn main() {}
