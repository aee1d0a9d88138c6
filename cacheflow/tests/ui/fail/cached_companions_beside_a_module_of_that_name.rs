//! Companions of a function beside a module of its name.

use cacheflow::cached;

mod users {}

#[cached]
async fn users(id: u64) -> u64 {
    id
}

fn main() {}
