//! A condition that is a number.

use cacheflow::cached;

#[cached(unless = result + 1)]
async fn f(id: u64) -> u64 {
    id
}

fn main() {}
