//! The call is over before the load is.

use cacheflow::cached;

struct Users(u64);

impl Users {
    #[cached(strategy = refresh_ahead(0.8), key = "{id}")]
    async fn find(&mut self, id: u64) -> u64 {
        self.0 += id;
        id
    }
}

fn main() {}
