//! A value is written as bytes.

use cacheflow::cached;
use serde::Deserialize;

#[derive(Clone, Deserialize)]
struct Row(u64);

#[cached]
async fn find(id: u64) -> Option<Row> {
    Some(Row(id))
}

fn main() {}
