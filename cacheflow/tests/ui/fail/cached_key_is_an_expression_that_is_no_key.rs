//! The compiler's message on the expression.

use cacheflow::cached;

struct Pool;

#[cached(key = (Pool))]
async fn find(id: u64) -> u64 {
    id
}

fn main() {}
