//! An expression of another type: the compiler's message on the expression.

use cacheflow::cached;

#[cached(strategy = String::new())]
async fn find(id: u64) -> cacheflow::Result<u64> {
    Ok(id)
}

fn main() {}
