//! Told once, on the field's type.

use cacheflow::HasUpdatedAt;

#[derive(HasUpdatedAt)]
struct Post {
    updated_at: String,
}

fn main() {}
