//! All of them, each on its tokens.

use cacheflow::HasUpdatedAt;

#[derive(HasUpdatedAt)]
#[updated_at]
struct Post {
    #[updated_at(milis)]
    created: i64,
    #[updated_at(seconds, millis)]
    edited: i64,
    #[updated_at = "seconds"]
    read: i64,
}

fn main() {}
