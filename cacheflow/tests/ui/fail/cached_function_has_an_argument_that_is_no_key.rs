//! The compiler's message on the argument's type.

use cacheflow::cached;

struct Pool;

#[cached]
async fn find(pool: &Pool, id: u64) -> u64 {
    let _ = pool;
    id
}

fn main() {}
