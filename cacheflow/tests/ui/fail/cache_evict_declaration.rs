//! A function that a trait only declares has no body.

use cacheflow::cache_evict;

trait Saves {
    #[cache_evict(all)]
    async fn save(&self);
}

fn main() {}
