//! An expression of another type: the compiler's message on the expression.

use cacheflow::cached;

#[cached(ttl = String::new())]
async fn find(id: u64) -> u64 {
    id
}

fn main() {}
