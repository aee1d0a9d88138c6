//! A const function runs while compiling.

use cacheflow::cached;

#[cached]
const fn find(id: u64) -> u64 {
    id
}

fn main() {}
