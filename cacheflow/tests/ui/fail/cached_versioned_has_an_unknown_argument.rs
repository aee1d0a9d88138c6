//! A version of no argument.

use cacheflow::cached;

#[cached(key = "{id}", versioned(article))]
async fn f(id: u64) -> u64 {
    id
}

fn main() {}
