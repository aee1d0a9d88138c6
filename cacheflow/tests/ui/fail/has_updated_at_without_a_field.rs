//! The nearest is named.

use std::time::SystemTime;

use cacheflow::HasUpdatedAt;

#[derive(HasUpdatedAt)]
struct Post {
    id: u64,
    updatedAt: SystemTime,
}

#[derive(HasUpdatedAt)]
struct Tuple(SystemTime);

fn main() {}
