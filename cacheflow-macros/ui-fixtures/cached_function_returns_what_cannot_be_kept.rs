//! The compiler's message on the return type.

use cacheflow::cached;

struct Row(u64);

#[cached]
async fn find(id: u64) -> Result<Row, String> {
    Ok(Row(id))
}

fn main() {}
