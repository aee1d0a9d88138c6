//! What a copy would refer to ends with the call.

use cacheflow::cached;

#[cached(strategy = refresh_ahead(0.8))]
async fn find(name: Option<&str>) -> u64 {
    name.map_or(0, |name| name.len() as u64)
}

fn main() {}
