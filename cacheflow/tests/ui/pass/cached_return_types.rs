//! The body means what it meant: coercions, `?`, early returns, aliases.

#![deny(warnings)]

use cacheflow::cached;
use std::error::Error;
use std::io;

type Answer<T> = Result<T, Box<dyn Error + Send + Sync>>;
type Maybe = Option<u64>;

#[cached]
async fn boxed_errors(id: u64) -> Answer<u64> {
    if id == 0 {
        return Err(Box::new(io::Error::other("zero")));
    }
    let parsed: u64 = "12".parse()?;
    if parsed == id {
        Err("equal")?;
    }
    Ok(parsed)
}

#[cached]
async fn only_an_error(id: u64) -> Answer<u64> {
    Err(Box::new(io::Error::other(id.to_string())))
}

#[cached]
async fn options(id: u64) -> Maybe {
    let next = id.checked_add(1)?;
    Some(next)
}

#[cached]
async fn both(id: u64) -> Result<Option<u64>, String> {
    options(id)
        .await
        .map(|id| {
            if id == 7 {
                Err("seven".to_owned())
            } else {
                Ok(id)
            }
        })
        .transpose()
}

#[cached]
async fn never_returns(id: u64) -> u64 {
    panic!("{id}")
}

#[cached]
async fn loops(id: u64) -> Vec<u64> {
    let mut all = Vec::new();
    loop {
        if all.len() as u64 == id {
            break all;
        }
        all.push(id);
    }
}

#[cached]
async fn recursive(id: u64) -> u64 {
    if id == 0 {
        0
    } else {
        Box::pin(recursive(id - 1)).await + 1
    }
}

fn main() {
    drop(boxed_errors(1));
    drop(only_an_error(1));
    drop(options(1));
    drop(both(1));
    drop(never_returns(1));
    drop(loops(1));
    drop(recursive(1));
}
