//! An associated function that says neither `self` nor `Self`.

use cacheflow::cached;

struct Users;

impl Users {
    #[cached]
    async fn find(id: u64) -> u64 {
        id
    }
}

fn main() {}
