//! Whatever dereferences to a `CacheFlow`.

#![deny(warnings)]

use cacheflow::{CacheFlow, cached};
use std::sync::Arc;

struct App {
    flow: Arc<CacheFlow>,
}

impl App {
    fn flow(&self) -> &CacheFlow {
        &self.flow
    }
}

#[cached(flow = flow, skip(flow))]
async fn reference(flow: &CacheFlow, id: u64) -> u64 {
    let _ = flow;
    id
}

#[cached(flow = flow, skip(flow))]
async fn arc(flow: Arc<CacheFlow>, id: u64) -> u64 {
    id
}

#[cached(flow = app.flow, key = "{id}")]
async fn field(app: &App, id: u64) -> u64 {
    let _ = app;
    id
}

#[cached(flow = app.flow(), key = "{id}")]
async fn method(app: &App, id: u64) -> u64 {
    let _ = app;
    id
}

#[cached(flow = Arc::clone(&app.flow), key = "{id}")]
async fn clone(app: App, id: u64) -> u64 {
    drop(app);
    id
}

fn main() {
    let _ = |app: App| {
        drop(reference(&app.flow, 1));
        drop(arc(Arc::clone(&app.flow), 1));
        drop(field(&app, 1));
        drop(method(&app, 1));
        drop(clone(app, 1));
    };
}
