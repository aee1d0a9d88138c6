//! A function named like a primitive type.

use cacheflow::cached;

#[cached]
async fn str(id: u64) -> u64 {
    id
}

fn main() {}
