//! A version of no argument.

use cacheflow::cached;

#[cached(versioned(article))]
async fn f(id: u64) -> u64 {
    id
}

fn main() {}
