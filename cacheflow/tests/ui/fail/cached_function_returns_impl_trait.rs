//! A type without a name cannot be read back.

use cacheflow::cached;

#[cached]
async fn all(id: u64) -> Vec<impl Clone> {
    vec![id]
}

fn main() {}
