//! User types with the names that generated code uses do no harm.

#![deny(warnings)]
#![allow(dead_code, non_camel_case_types)]

struct Result;
struct Option;
struct Some;
struct String;
struct Evict;
struct Put;
struct Touch;
struct Box;
struct bool;

mod core {}
mod std {}
mod cacheflow {}

#[::cacheflow::cached(cache = "a", key = "{id}")]
async fn text(id: u64) -> u64 {
    id
}

#[::cacheflow::cache_put(text(id) if id != 1, text(*result + 1), key = "b:{id}", tags = ["a:{result}", "b:{id}"], when = id != 2, unless = *result == 3)]
#[::cacheflow::cache_evict(text(id) if id != 1, text(*result + 1) if id != 1, pattern = "a:{id}", tags = ["a:{result}"], when = id != 2)]
#[::cacheflow::cache_update(parent = "user:{id}", parents = ["user:{result}"], when = id != 2)]
async fn save(id: u64, __cacheflow_evict: u64, __cacheflow_returned: u64) -> u64 {
    id + __cacheflow_evict + __cacheflow_returned
}

fn main() {
    drop(save(1, 2, 3));
    drop(text(1));
}
