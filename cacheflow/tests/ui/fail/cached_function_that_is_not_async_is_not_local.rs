//! A shared store for a function that cannot wait.

use cacheflow::cached;

#[cached(local = false)]
fn f(id: u64) -> u64 {
    id
}

fn main() {}
