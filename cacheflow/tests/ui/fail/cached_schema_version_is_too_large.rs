//! A version that does not fit.

use cacheflow::cached;

#[cached(schema_version = 5000000000)]
async fn f(id: u64) -> u64 {
    id
}

fn main() {}
