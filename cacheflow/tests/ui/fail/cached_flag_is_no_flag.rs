//! A flag with a number.

use cacheflow::cached;

#[cached(local = 1)]
async fn f(id: u64) -> u64 {
    id
}

fn main() {}
