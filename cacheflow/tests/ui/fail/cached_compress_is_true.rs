//! Compression is on as it is.

use cacheflow::cached;

#[cached(compress = true)]
async fn f(id: u64) -> u64 {
    id
}

fn main() {}
