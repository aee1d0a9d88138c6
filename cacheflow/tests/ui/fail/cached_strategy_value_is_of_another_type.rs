//! The compiler's message on the expression.

use cacheflow::cached;

#[cached(strategy = refresh_ahead(String::new()))]
async fn find(id: u64) -> u64 {
    id
}

fn main() {}
