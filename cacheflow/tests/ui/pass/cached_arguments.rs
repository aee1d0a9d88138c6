//! Without `key`, all arguments that are not skipped.

#![deny(warnings)]

use cacheflow::cached;

struct Pool;

#[cached]
async fn none() -> u64 {
    1
}

#[cached]
async fn owned(id: u64, mut name: String) -> String {
    name.push_str(&id.to_string());
    name
}

#[cached]
async fn borrowed<'a>(name: &str, other: &'a str, id: &u64) -> u64 {
    id + name.len() as u64 + other.len() as u64
}

#[cached(skip(pool))]
async fn skipped(pool: &Pool, id: u64) -> u64 {
    let Pool = pool;
    id
}

#[cached(skip(pool))]
async fn skipped_and_changed(pool: &mut Vec<u64>, id: u64) -> u64 {
    pool.push(id);
    id
}

#[cached(skip(pool, id))]
async fn all_skipped(pool: Pool, id: u64) -> u64 {
    let Pool = pool;
    id
}

#[cached]
async fn only_in_the_key(id: u64, _version: u8) -> u64 {
    id
}

fn main() {
    drop(none());
    drop(owned(1, String::new()));
    drop(borrowed("", "", &1));
    drop(skipped(&Pool, 1));
    drop(skipped_and_changed(&mut Vec::new(), 1));
    drop(all_skipped(Pool, 1));
    drop(only_in_the_key(1, 2));
}
