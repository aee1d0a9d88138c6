//! Type, constant and lifetime parameters, `where`, `impl Trait` arguments.

#![deny(warnings)]

use cacheflow::{CacheKey, cached};
use std::fmt::Display;

#[cached]
async fn types<T, U>(a: T, b: &U) -> String
where
    T: CacheKey + Display,
    U: CacheKey + Display + ?Sized,
{
    format!("{a}{b}")
}

#[cached(cache = "constants", key = "all")]
async fn constants<const N: usize, const B: bool>() -> u64 {
    if B { N as u64 } else { 0 }
}

#[cached]
async fn lifetimes<'a, 'b: 'a>(a: &'a str, b: &'b str) -> String {
    format!("{a}{b}")
}

#[cached(skip(source))]
async fn impl_trait(source: impl Display, id: impl CacheKey + Copy + Into<u64>) -> String {
    format!("{source}{}", id.into())
}

fn main() {
    drop(types::<u8, str>(1, ""));
    drop(constants::<3, true>());
    drop(lifetimes("", ""));
    drop(impl_trait("", 1_u64));
}
