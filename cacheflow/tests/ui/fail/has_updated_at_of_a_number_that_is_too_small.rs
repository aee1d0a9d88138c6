//! Milliseconds of 32 bits are over within weeks.

use cacheflow::HasUpdatedAt;

#[derive(HasUpdatedAt)]
struct Post {
    #[updated_at(millis)]
    updated_at: u32,
}

#[derive(HasUpdatedAt)]
struct Comment {
    #[updated_at(seconds)]
    updated_at: u16,
}

fn main() {}
