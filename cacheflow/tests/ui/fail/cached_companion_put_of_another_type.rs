//! A value that is not what the function gives.

use cacheflow::cached;

#[cached]
async fn f(id: u64) -> Option<u64> {
    Some(id)
}

async fn put() {
    let _ = f::put(7, "seven").await;
}

fn main() {}
