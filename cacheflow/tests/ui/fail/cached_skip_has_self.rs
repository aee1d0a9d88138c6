//! What identifies the receiver is said with `key`.

use cacheflow::cached;

struct Users;

impl Users {
    #[cached(key = "{id}", skip(self))]
    async fn find(&self, id: u64) -> u64 {
        id
    }
}

fn main() {}
