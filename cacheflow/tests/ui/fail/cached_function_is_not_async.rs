//! Only async functions are cached.

use cacheflow::cached;

#[cached]
fn find(id: u64) -> u64 {
    id
}

fn main() {}
