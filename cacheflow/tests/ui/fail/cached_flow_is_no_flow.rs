//! The compiler's message on the expression.

use cacheflow::cached;

#[cached(flow = 7)]
async fn find(id: u64) -> u64 {
    id
}

fn main() {}
