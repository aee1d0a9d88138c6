//! Without a value there is nothing to keep.

use cacheflow::cached;

#[cached]
async fn touch(id: u64) {
    let _ = id;
}

fn main() {}
