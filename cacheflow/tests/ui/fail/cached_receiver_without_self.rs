//! `receiver` of a function that has none.

use cacheflow::cached;

#[cached(receiver = ignore)]
async fn f(id: u64) -> u64 {
    id
}

fn main() {}
