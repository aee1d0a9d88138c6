//! The load needs a receiver of its own.

use cacheflow::cached;

struct Users(u64);

impl Users {
    #[cached(strategy = refresh_ahead(0.8), key = "{id}")]
    async fn find(&self, id: u64) -> u64 {
        self.0 + id
    }
}

fn main() {}
