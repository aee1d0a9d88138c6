//! `_` cannot be read.

use cacheflow::cached;

#[cached]
async fn find(id: u64, _: u64) -> u64 {
    id
}

fn main() {}
