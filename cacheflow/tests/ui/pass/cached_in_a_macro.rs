//! Functions and options that a macro by example puts together.

#![deny(warnings)]

use cacheflow::{CacheKey, cached};

macro_rules! loader {
    ($name:ident($arg:ident: $type:ty) -> $returns:ty, $cache:literal, $ttl:expr, $body:block) => {
        #[cached(cache = $cache, key = "{version}", ttl = $ttl, skip($arg))]
        async fn $name($arg: $type, version: u8) -> $returns $body
    };
}

loader!(find(id: u64) -> Option<u64>, "found", "5s", { Some(id) });

macro_rules! all_arguments {
    ($name:ident($($argument:ident: $type:ty),*) = $body:expr) => {
        #[cached]
        async fn $name($($argument: $type),*) -> u64 {
            $body
        }
    };
}

all_arguments!(sum(a: u64, b: u64) = a + b);

macro_rules! key {
    ($name:ident { $($field:ident: $type:ty),* }) => {
        #[derive(CacheKey)]
        struct $name { $($field: $type),* }
    };
}

key!(Id { org: u32, id: u64 });

fn main() {
    drop(find(1, 2));
    drop(sum(1, 2));
    let _ = Id { org: 1, id: 2 };
}
