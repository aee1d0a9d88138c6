//! A mistyped argument names the one that was probably meant.

use cacheflow::cached;

#[cached(skip(ogr))]
async fn find(org: u64, id: u64) -> u64 {
    org + id
}

fn main() {}
