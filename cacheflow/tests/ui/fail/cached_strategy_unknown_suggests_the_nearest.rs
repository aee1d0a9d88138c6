//! A slip of the finger.

use cacheflow::cached;

#[cached(strategy = refresh_ahed(0.8))]
async fn find(id: u64) -> u64 {
    id
}

fn main() {}
