//! A name is listed once.

use cacheflow::cached;

#[cached(skip(org, org))]
async fn find(org: u64, id: u64) -> u64 {
    org + id
}

fn main() {}
