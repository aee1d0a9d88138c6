//! The caller of another language knows no futures.

use cacheflow::cached;

#[cached]
async extern "C" fn find(id: u64) -> u64 {
    id
}

fn main() {}
