//! The compiler's message on the template.

use cacheflow::cached;

struct Pool;

#[cached(key = "{pool}:{id}")]
async fn find(pool: &Pool, id: u64) -> u64 {
    let _ = pool;
    id
}

fn main() {}
