//! A pattern has no name that could stand in the key.

use cacheflow::cached;

#[cached]
async fn sum((a, b): (u64, u64)) -> u64 {
    a + b
}

fn main() {}
