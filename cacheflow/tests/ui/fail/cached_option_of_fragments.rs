//! `template` belongs to fragments.

use cacheflow::cached;

#[cached(template = PAGE)]
async fn f(id: u64) -> String {
    id.to_string()
}

fn main() {}
