//! A tag can be read in Redis by everybody.

use cacheflow::cached;

#[cached(sensitive, tags = ["session:{token}", "sessions"])]
async fn session(token: &str) -> u64 {
    token.len() as u64
}

fn main() {
    drop(session("a"));
}
