//! A trait's declaration has nothing to run.

use cacheflow::cached;

trait Users {
    #[cached(key = "{id}")]
    async fn find(&self, id: u64) -> u64;
}

fn main() {}
