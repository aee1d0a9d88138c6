//! A mistyped argument names the one that was probably meant.

use cacheflow::cached;

#[cached(key = "{idd}")]
async fn find(id: u64) -> u64 {
    id
}

fn main() {}
