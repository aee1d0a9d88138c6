//! `skip` takes names.

use cacheflow::cached;

#[cached(skip("id"))]
async fn find(id: u64) -> u64 {
    id
}

fn main() {}
