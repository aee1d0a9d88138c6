//! A condition that is a number.

use cacheflow::cached;

#[cached(when = id)]
async fn f(id: u64) -> u64 {
    id
}

fn main() {}
