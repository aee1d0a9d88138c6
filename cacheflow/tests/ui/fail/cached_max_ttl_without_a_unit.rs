//! A number alone says nothing of its unit.

use cacheflow::cached;

#[cached(max_ttl = 60)]
async fn name(id: u64) -> String {
    id.to_string()
}

fn main() {
    drop(name(1));
}
