//! A placeholder that does not end.

use cacheflow::cached;

#[cached(key = "{id")]
async fn find(id: u64) -> u64 {
    id
}

fn main() {}
