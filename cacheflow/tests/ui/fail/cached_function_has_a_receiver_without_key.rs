//! Two instances must not share entries by accident.

use cacheflow::cached;

struct Users;

impl Users {
    #[cached]
    async fn find(&self, id: u64) -> u64 {
        id
    }
}

fn main() {}
