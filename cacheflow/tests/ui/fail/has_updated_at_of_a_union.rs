//! Nobody knows which field it holds.

use std::time::SystemTime;

use cacheflow::HasUpdatedAt;

#[derive(HasUpdatedAt)]
union Post {
    updated_at: SystemTime,
}

fn main() {}
