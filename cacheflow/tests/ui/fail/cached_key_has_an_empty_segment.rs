//! Something stands between two `:`.

use cacheflow::cached;

#[cached(key = "user::{id}")]
async fn find(id: u64) -> u64 {
    id
}

fn main() {}
