//! The visibility of companions that are not there.

use cacheflow::cached;

#[cached(companions = false, visibility = pub)]
async fn f(id: u64) -> u64 {
    id
}

fn main() {}
