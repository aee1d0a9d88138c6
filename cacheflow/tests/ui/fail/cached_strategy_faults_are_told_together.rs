//! Each fault on its own token, all in one run.

use cacheflow::cached;

#[cached(strategy = refresh_ahed(0.8) + bulkhead(0, queu = 5) + write_behind)]
async fn find(id: u64) -> cacheflow::Result<u64> {
    Ok(id)
}

fn main() {}
