//! There is nothing to copy as a whole.

use cacheflow::cached;

#[cached(strategy = refresh_ahead(0.8), key = "{a}")]
async fn find((a, b): &(u64, u64)) -> u64 {
    a + b
}

fn main() {}
