//! Each fault on its own token, all in one run.

use cacheflow::cached;

#[cached(tll = "1h", cache = "all users", key = "{idd}", skip(pol))]
fn find(pool: &u64, id: u64) {
    let _ = (pool, id);
}

fn main() {}
