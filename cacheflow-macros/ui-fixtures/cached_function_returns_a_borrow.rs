//! What is kept borrows from nobody.

use cacheflow::cached;

#[cached]
async fn find(name: &str) -> &str {
    name
}

fn main() {}
