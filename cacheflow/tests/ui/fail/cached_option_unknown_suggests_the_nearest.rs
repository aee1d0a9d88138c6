//! A mistyped option names the one that was probably meant.

use cacheflow::cached;

#[cached(tll = "1h")]
async fn find(id: u64) -> u64 {
    id
}

fn main() {}
