//! A tag of a value that is not `Display`.

use cacheflow::cached;

struct Org;

#[cached(key = "{id}", tags = ["org:{org}"])]
async fn f(id: u64, org: Org) -> u64 {
    let Org = org;
    id
}

fn main() {}
