//! As `cacheflow` itself reads patterns.

use cacheflow::cached;

#[cached(invalidation_patterns = ["user:*", "a\\b"])]
async fn name(id: u64) -> String {
    id.to_string()
}

fn main() {
    drop(name(1));
}
