//! Functions of all kinds, and what they return, with the attributes that change what is
//! kept.

#![deny(warnings)]

use cacheflow::{CacheFlow, cache_evict, cache_put, cache_update, cached};
use std::fmt::Display;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

#[cached(cache = "numbers", key = "{id}")]
async fn number(id: u64) -> Result<u64, String> {
    Ok(id)
}

/// Borrows what it gives.
#[cache_evict(number(id))]
#[cache_update(parent = "user:{id}")]
async fn borrowed<'a>(id: u64, text: &'a str, _other: &str) -> Result<&'a str, String> {
    Ok(text)
}

/// Has no name for what it gives.
#[cache_evict(tags = ["org:{result}"])]
async fn unnamed(id: u64) -> Result<impl Display, String> {
    if id == 0 {
        return Ok(1);
    }
    Ok(2)
}

/// Consumes what the attribute names.
#[cache_evict(key = "names:{name}", tags = ["name:{name}:{result}"])]
async fn consumed(name: String, mut count: u64) -> u64 {
    drop(name);
    count += 1;
    count
}

/// An error of another type, made by `?` and by itself.
#[cache_put(number(id))]
async fn other_error(id: u64, text: &str) -> Result<u64, Box<dyn std::error::Error + Send + Sync>> {
    if id == 0 {
        return Err("no".into());
    }
    Ok(text.parse::<u64>()?)
}

#[cache_evict(number(id.clone().into()), unless = *result == 0)]
async fn generic<T: Clone + Into<u64> + Send, const N: usize>(id: T, many: [u8; N]) -> Option<usize>
where
    T: Sync,
{
    let _ = (id, many);
    Some(N)
}

struct Repo<T> {
    flow: Arc<CacheFlow>,
    value: T,
}

impl<T: Clone + Send + Sync + 'static> Repo<T> {
    #[cached(cache = "values", key = "{id}", flow = self.flow, companions)]
    async fn find(&self, id: u64) -> Option<u64> {
        Some(id)
    }

    #[cache_put(self.find(id), Self::find(self, id + 1))]
    #[cache_evict(Self::find(self, id + 2), flow = self.flow)]
    pub async fn save(&mut self, id: u64, value: T) -> u64 {
        self.value = value;
        id
    }

    #[cache_evict(Self::find(*), flow = Arc::clone(&self.flow))]
    fn future(self: Arc<Self>, id: u64) -> impl Future<Output = Result<u64, ()>> + Send {
        async move {
            let _ = self.value.clone();
            Ok(id)
        }
    }

    #[cache_evict(all, flow = self.flow)]
    fn boxed<'a>(&'a self, id: &'a u64) -> Pin<Box<dyn Future<Output = u64> + Send + 'a>> {
        Box::pin(async move {
            let _ = self.value.clone();
            *id
        })
    }
}

trait Saves {
    fn save(&self, id: u64) -> impl Future<Output = ()> + Send;
}

impl Saves for Repo<u64> {
    #[cache_evict(number(id), before)]
    async fn save(&self, id: u64) {
        let _ = id;
    }
}

#[async_trait::async_trait]
trait Removes {
    async fn remove(&self, id: u64) -> Result<(), String>;
}

#[async_trait::async_trait]
impl Removes for Repo<u64> {
    #[cache_evict(number(id), key = "users:{id}", flow = self.flow)]
    async fn remove(&self, id: u64) -> Result<(), String> {
        if id == self.value {
            return Err("no".to_owned());
        }
        Ok(())
    }
}

fn is_send<T: Send>(_: T) {}

fn all_futures_are_send(repo: &'static mut Repo<u64>, shared: Arc<Repo<u64>>) {
    is_send(borrowed(1, "", ""));
    is_send(unnamed(1));
    is_send(consumed(String::new(), 1));
    is_send(other_error(1, "1"));
    is_send(generic(1_u64, [0; 3]));
    is_send(shared.boxed(&1));
    is_send(Saves::save(&*shared, 1));
    is_send(shared.remove(1));
    is_send(Arc::clone(&shared).future(1));
    is_send(repo.save(1, 2));
}

fn main() {
    let _ = all_futures_are_send;
    let _ = (number::invalidate, Repo::<u64>::find_key);
}
