//! A placeholder is a path; anything else is an expression.

use cacheflow::cached;

#[cached(key = "{id.pow(2)}")]
async fn find(id: u64) -> u64 {
    id
}

fn main() {}
