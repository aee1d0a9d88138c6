//! Several attributes on one function.

use std::sync::Mutex;

use cacheflow::{CacheFlow, cache_evict, cache_put, cached};

use super::{filled, kept, number, square};
use crate::support::{Fault, alone};

#[cache_put(number(flow, id))]
#[cache_put(square(flow, id))]
#[cache_evict(number(flow, id + 1), flow = flow)]
#[cache_evict(key = "numbers:{id:>2}", number(flow, result + 1), flow = flow, on_err)]
async fn save(flow: &CacheFlow, id: u64, value: Result<u64, Fault>) -> Result<u64, Fault> {
    value
}

#[tokio::test]
async fn attributes_are_stacked() {
    let flow = alone().await;
    filled(&flow, [1, 2, 8]).await;
    save(&flow, 1, Err(String::new())).await.unwrap_err();
    assert_eq!(kept(&flow, [1, 2, 8]), [1, 2, 8]);
    save(&flow, 1, Ok(7)).await.unwrap();
    assert_eq!(kept(&flow, [1, 2, 8]), [1]);
    assert_eq!((number(&flow, 1).await, square(&flow, 1).await), (Ok(7), 7));
}

static LOADS: Mutex<u64> = Mutex::new(0);

fn load() -> u64 {
    let mut loads = LOADS.lock().unwrap();
    *loads += 1;
    *loads
}

/// Within what is cached: a load forgets, a hit does not.
#[cache_evict(number(flow, id), flow = flow)]
#[cached(cache = "within", key = "{id}", flow = flow)]
async fn within(flow: &CacheFlow, id: u64) -> u64 {
    load()
}

/// Around it: each call does.
#[cached(cache = "around", key = "{id}", flow = flow)]
#[cache_evict(number(flow, id), flow = flow)]
async fn around(flow: &CacheFlow, id: u64) -> u64 {
    load()
}

#[tokio::test]
async fn above_cached_it_works_when_a_value_is_loaded_and_below_it_in_each_call() {
    let flow = alone().await;
    filled(&flow, [1]).await;
    let first = within(&flow, 1).await;
    assert_eq!(kept(&flow, [1]), [0; 0]);
    filled(&flow, [1]).await;
    assert_eq!(within(&flow, 1).await, first);
    assert_eq!(kept(&flow, [1]), [1]);

    let first = around(&flow, 1).await;
    assert_eq!(kept(&flow, [1]), [0; 0]);
    filled(&flow, [1]).await;
    assert_eq!(around(&flow, 1).await, first);
    assert_eq!(kept(&flow, [1]), [0; 0]);
}
