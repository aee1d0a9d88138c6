//! Which of the two?

use cacheflow::cached;

#[cached(strategy = refresh_ahead(0.5) + refresh_ahead(0.8))]
async fn find(id: u64) -> u64 {
    id
}

fn main() {}
