//! A codec for what is not written.

use cacheflow::cached;

#[cached(local, schema_version = 1)]
async fn f(id: u64) -> u64 {
    id
}

fn main() {}
