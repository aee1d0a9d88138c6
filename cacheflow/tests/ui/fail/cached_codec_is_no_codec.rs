//! A codec by its name.

use cacheflow::cached;

#[cached(codec = "json")]
async fn f(id: u64) -> u64 {
    id
}

fn main() {}
