//! A hit would skip what makes the call sound.

use cacheflow::cached;

#[cached]
async unsafe fn find(id: u64) -> u64 {
    id
}

fn main() {}
