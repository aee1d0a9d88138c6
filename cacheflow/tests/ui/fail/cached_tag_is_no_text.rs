//! A tag that is a number.

use cacheflow::cached;

#[cached(tags = [5])]
async fn f(id: u64) -> u64 {
    id
}

fn main() {}
