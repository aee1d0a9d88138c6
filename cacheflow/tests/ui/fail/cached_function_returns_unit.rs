//! `()` written out is nothing as well.

use cacheflow::cached;

#[cached]
async fn touch(id: u64) -> () {
    let _ = id;
}

fn main() {}
