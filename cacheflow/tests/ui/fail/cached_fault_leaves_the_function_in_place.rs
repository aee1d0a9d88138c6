//! One error stays one: the callers of the function still find it.

use cacheflow::cached;

#[cached(tll = "1h")]
async fn find(id: u64) -> u64 {
    id
}

async fn caller() -> u64 {
    find(1).await
}

fn main() {}
