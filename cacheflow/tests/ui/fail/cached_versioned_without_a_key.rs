//! A version tells no rows apart.

use cacheflow::{HasUpdatedAt, cached};

#[derive(HasUpdatedAt)]
struct Row {
    updated_at: std::time::SystemTime,
}

#[cached(versioned(row))]
async fn f(row: &Row) -> u64 {
    let Row { updated_at: _ } = row;
    1
}

fn main() {}
