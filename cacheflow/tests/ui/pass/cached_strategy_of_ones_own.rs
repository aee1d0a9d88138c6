//! Any expression of type `Strategy`, where it stands alone.

#![deny(warnings)]

use cacheflow::{Error, Strategy, cached};
use std::sync::LazyLock;

static SHARED: LazyLock<Strategy> = LazyLock::new(Strategy::multi_level);

fn my_strategy() -> Strategy {
    Strategy::multi_level().refresh_ahead(0.8)
}

fn bulkheads() -> Strategy {
    Strategy::multi_level().bulkhead(8)
}

#[cached(strategy = my_strategy())]
async fn call(name: &str) -> Result<u64, Error> {
    Ok(name.len() as u64)
}

#[cached(strategy = self::bulkheads())]
async fn call_by_path(id: u64) -> Result<u64, Error> {
    Ok(id)
}

#[cached(strategy = SHARED.clone())]
async fn method(id: u64) -> Result<u64, Error> {
    Ok(id)
}

#[cached(strategy = Strategy::cache_aside())]
async fn named_as_a_term(id: u64) -> Result<u64, Error> {
    Ok(id)
}

#[cached(strategy = { let bulkhead = bulkheads(); bulkhead.hard_timeout(std::time::Duration::from_secs(1)) })]
async fn block(id: u64) -> Result<u64, Error> {
    Ok(id)
}

fn main() {
    drop(call(""));
    drop(call_by_path(1));
    drop(method(1));
    drop(named_as_a_term(1));
    drop(block(1));
}
