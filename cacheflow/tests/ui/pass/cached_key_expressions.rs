//! Any expression of a type that is a `CacheKey`.

#![deny(warnings)]

use cacheflow::{CacheKey, cached};

#[derive(CacheKey)]
struct Key<'a> {
    org: u32,
    name: &'a str,
}

#[cached(key = id)]
async fn argument(id: u64) -> u64 {
    id
}

#[cached(key = (id, name))]
async fn tuple(id: u64, name: &str) -> u64 {
    let _ = name;
    id
}

#[cached(key = Key { org, name: name.trim() })]
async fn built(org: u32, name: String) -> String {
    format!("{org}{name}")
}

#[cached(key = id?, companions = false)]
async fn early_return(id: Option<u64>) -> Option<u64> {
    id
}

fn main() {
    drop(argument(1));
    drop(tuple(1, ""));
    drop(built(1, String::new()));
    drop(early_return(None));
}
