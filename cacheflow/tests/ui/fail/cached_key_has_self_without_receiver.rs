//! `self` is an argument like the others: here is none.

use cacheflow::cached;

#[cached(key = "{self.id}")]
async fn find(id: u64) -> u64 {
    id
}

fn main() {}
