//! Seconds or milliseconds?

use cacheflow::HasUpdatedAt;

#[derive(HasUpdatedAt)]
struct Post {
    updated_at: i64,
}

fn main() {}
