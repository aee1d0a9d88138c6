//! Receivers of all kinds, associated functions, traits.

#![deny(warnings)]

use cacheflow::{CacheFlow, cached};
use std::sync::Arc;

struct Users<T> {
    tenant: String,
    flow: Arc<CacheFlow>,
    value: T,
}

impl<T: Clone + Into<u64>> Users<T> {
    #[cached(key = "{self.tenant}:{id}", flow = self.flow, ttl = "1h")]
    async fn by_reference(&self, id: u64) -> u64 {
        id + self.value.clone().into()
    }

    #[cached(key = (self.tenant.as_str(), id), flow = &self.flow)]
    async fn by_expression(&self, id: u64) -> u64 {
        id + self.value.clone().into()
    }

    #[cached(key = "{id}")]
    async fn by_value(mut self, id: u64) -> String {
        self.tenant.push_str(&id.to_string());
        self.tenant
    }

    #[cached(key = "{self.tenant()}", flow = Arc::clone(&self.flow))]
    async fn by_arc(self: Arc<Self>) -> u64 {
        self.value.clone().into()
    }

    #[cached(key = "{id}")]
    async fn by_mutable_reference(&mut self, id: u64) -> u64 {
        self.tenant.clear();
        id
    }

    #[cached]
    async fn associated(id: u64) -> Option<u64> {
        Self::next(id)
    }

    fn next(id: u64) -> Option<u64> {
        id.checked_add(1)
    }

    fn tenant(&self) -> &str {
        &self.tenant
    }
}

trait Find {
    fn name(&self) -> String;

    async fn find(&self, id: u64) -> u64;

    #[cached(key = "{self.name()}:{id}")]
    async fn find_twice(&self, id: u64) -> u64 {
        self.find(id).await * 2
    }
}

impl<T> Find for Users<T> {
    fn name(&self) -> String {
        self.tenant.clone()
    }

    #[cached(key = "{self.tenant}:{id}")]
    async fn find(&self, id: u64) -> u64 {
        id
    }
}

fn main() {
    let _ = |mut users: Users<u32>| {
        drop(users.by_reference(1));
        drop(users.by_expression(1));
        drop(users.by_mutable_reference(1));
        drop(users.find_twice(1));
        drop(users.by_value(1));
    };
    let _ = |users: Arc<Users<u32>>| drop(users.by_arc());
    drop(Users::<u32>::associated(1));
}
