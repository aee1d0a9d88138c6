//! User types with the names that generated code uses do no harm.

#![deny(warnings)]
#![allow(dead_code, non_camel_case_types)]

struct Result;
struct Option;
struct Some;
struct None;
struct Cache;
struct CacheFlow;
struct CacheKey;
struct KeyBuf;
struct Site;
struct Duration;
struct Probe;
struct bool;

mod core {}
mod std {}
mod cacheflow {}

#[::cacheflow::cached(cache = "a", key = "{id}", ttl = "1h")]
async fn text(id: u64) -> u64 {
    id
}

#[::cacheflow::cached]
async fn names(__cacheflow_key: u64, __cacheflow_flow: u64, __cacheflow_shape: u64) -> u64 {
    __cacheflow_key + __cacheflow_flow + __cacheflow_shape
}

#[::cacheflow::cached]
async fn nested(id: u64) -> u64 {
    #[::cacheflow::cached]
    async fn inner(id: u64) -> u64 {
        id
    }
    inner(id).await
}

#[derive(::cacheflow::CacheKey)]
struct Named {
    key: u64,
    __cacheflow_key: u64,
}

#[derive(::cacheflow::CacheKey)]
enum Kind {
    None,
    Some(u64),
}

fn main() {
    drop(text(1));
    drop(names(1, 2, 3));
    drop(nested(1));
}
