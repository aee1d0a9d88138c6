//! Any thread may end the load.

use cacheflow::cached;
use std::rc::Rc;

#[cached(strategy = refresh_ahead(0.8), skip(pool))]
async fn find(pool: Rc<u64>, id: u64) -> u64 {
    *pool + id
}

fn main() {}
