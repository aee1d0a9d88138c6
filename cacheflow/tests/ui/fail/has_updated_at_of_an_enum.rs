//! Nobody knows which field of which variant.

use std::time::SystemTime;

use cacheflow::HasUpdatedAt;

#[derive(HasUpdatedAt)]
enum Post {
    Draft { updated_at: SystemTime },
}

fn main() {}
