//! What `#[async_trait]` makes of a method is no async function any more.

use cacheflow::cached;
use std::pin::Pin;

#[cached]
fn find(id: u64) -> Pin<Box<dyn Future<Output = u64>>> {
    Box::pin(async move { id })
}

fn main() {}
