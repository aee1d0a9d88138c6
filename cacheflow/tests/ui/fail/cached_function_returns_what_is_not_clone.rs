//! A value is copied for each caller.

use cacheflow::cached;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Row(u64);

#[cached]
async fn find(id: u64) -> Result<Row, String> {
    Ok(Row(id))
}

fn main() {}
