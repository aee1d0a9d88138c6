//! An argument that is skipped and used.

use cacheflow::cached;

#[cached(key = "{org}:{id}", skip(org))]
async fn find(org: u64, id: u64) -> u64 {
    org + id
}

fn main() {}
