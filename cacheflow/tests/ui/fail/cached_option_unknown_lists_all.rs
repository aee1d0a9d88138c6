//! An option that nothing resembles: the options there are.

use cacheflow::cached;

#[cached(labels = ["org:1", "all"])]
async fn find(id: u64) -> u64 {
    id
}

fn main() {}
