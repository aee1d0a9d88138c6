//! Structs and enums of all kinds, generic ones too.

#![deny(warnings)]
#![allow(dead_code)]

use cacheflow::{CacheKey, cached};

#[derive(CacheKey)]
struct Unit;

#[derive(CacheKey)]
struct Tuple(u32, String);

#[derive(CacheKey)]
struct Named<'a> {
    name: &'a str,
    r#type: Option<u8>,
    nested: Tuple,
}

#[derive(CacheKey)]
struct Generic<T: ?Sized, const N: usize>
where
    T: Send,
{
    id: u64,
    value: T,
}

#[derive(CacheKey)]
struct Associated<I: Iterator>(I::Item);

#[derive(CacheKey)]
struct Recursive<'a, T>(T, Option<&'a Recursive<'a, T>>);

#[derive(CacheKey)]
enum Never {}

#[derive(CacheKey)]
enum Kind<T> {
    Unit,
    Empty {},
    Tuple(u32, T),
    Named { id: u64, r#type: u8 },
}

fn is_key<T: CacheKey + ?Sized>() {}

#[cached]
async fn find(kind: Kind<u8>, named: Named<'_>) -> u64 {
    let _ = (kind, named);
    1
}

fn main() {
    is_key::<Unit>();
    is_key::<Named<'static>>();
    is_key::<Generic<str, 3>>();
    is_key::<Associated<std::vec::IntoIter<u8>>>();
    is_key::<Recursive<'static, u8>>();
    is_key::<Never>();
    is_key::<Kind<String>>();
    drop(find(
        Kind::Unit,
        Named {
            name: "",
            r#type: None,
            nested: Tuple(1, String::new()),
        },
    ));
}
