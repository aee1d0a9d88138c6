//! A strategy for a function that cannot wait.

use cacheflow::cached;

#[cached(refresh_ahead = 0.8)]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
