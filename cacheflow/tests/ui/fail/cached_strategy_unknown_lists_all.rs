//! A name that nothing resembles, among terms.

use cacheflow::cached;

#[cached(strategy = multi_level + my_strategy())]
async fn find(id: u64) -> u64 {
    id
}

fn main() {}
