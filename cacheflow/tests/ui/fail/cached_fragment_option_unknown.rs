//! An option that there is not, at a fragment.

use cacheflow::cached_fragment;

#[cached_fragment(templat = PAGE)]
async fn f(id: u64) -> String {
    id.to_string()
}

fn main() {}
