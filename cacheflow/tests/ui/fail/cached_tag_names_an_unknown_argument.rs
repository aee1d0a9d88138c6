//! A tag of something that is no argument.

use cacheflow::cached;

#[cached(tags = ["user:{idd}"])]
async fn f(id: u64) -> u64 {
    id
}

fn main() {}
