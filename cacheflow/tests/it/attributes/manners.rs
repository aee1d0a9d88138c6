//! Functions that are asynchronous in another way than `async fn`.

use std::future::Future;
use std::pin::Pin;

use async_trait::async_trait;
use cacheflow::{CacheFlow, cached};
use cacheflow_testkit::eventually;

use super::{Source, User};
use crate::support::{WITHIN, alone};
use crate::timed::by_hand;

#[async_trait]
trait Find {
    async fn find(&self, flow: &CacheFlow, id: u64) -> Result<User, String>;

    async fn ahead(&self, flow: &CacheFlow, id: u64) -> User;
}

#[async_trait]
impl Find for Source {
    #[cached(cache = "boxed", key = "{id}", flow = flow, tags = ["org:{result.org}"])]
    async fn find(&self, flow: &CacheFlow, id: u64) -> Result<User, String> {
        if id == 0 {
            return Err("no user".to_owned());
        }
        tokio::task::yield_now().await;
        Ok(self.user(id))
    }

    #[cached(cache = "boxed_ahead", key = "{id}", flow = flow, ttl = "100s", refresh_ahead = 0.5)]
    async fn ahead(&self, flow: &CacheFlow, id: u64) -> User {
        self.user(id)
    }
}

#[tokio::test]
async fn methods_of_async_traits() {
    let (flow, source) = (alone().await, Source::default());
    let finder: &dyn Find = &source;
    assert_eq!(finder.find(&flow, 21).await.unwrap().asked, 1);
    assert_eq!(finder.find(&flow, 21).await.unwrap().asked, 1);
    assert_eq!(finder.find(&flow, 0).await, Err("no user".to_owned()));
    let _ = flow.invalidate().tags(["org:2"]).send().await.unwrap();
    assert_eq!(finder.find(&flow, 21).await.unwrap().asked, 2);
}

#[tokio::test]
async fn methods_of_async_traits_are_refreshed_in_the_background() {
    let (clock, flow) = by_hand().await;
    let source = Source::default();
    assert_eq!(source.ahead(&flow, 1).await.asked, 1);
    clock.advance(std::time::Duration::from_secs(60));
    assert_eq!(source.ahead(&flow, 1).await.asked, 1);
    eventually("it is refreshed", WITHIN, async || source.asked() == 2).await;
}

#[cached(key = "{id}", flow = flow)]
fn boxed<'a>(
    flow: &'a CacheFlow,
    source: &'a Source,
    id: u64,
) -> Pin<Box<dyn Future<Output = User> + Send + 'a>> {
    if id == 0 {
        return Box::pin(std::future::ready(User::default()));
    }
    Box::pin(async move { source.user(id) })
}

#[cached(key = "{id}", flow = flow, unless = result.org == 1)]
#[allow(clippy::manual_async_fn, reason = "what it stands for")]
fn opaque(flow: &CacheFlow, source: &Source, id: u64) -> impl Future<Output = Option<User>> + Send {
    async move { (id != 0).then(|| source.user(id)) }
}

#[tokio::test]
async fn functions_that_return_futures() {
    let (flow, source) = (alone().await, Source::default());
    assert_eq!(boxed(&flow, &source, 0).await.asked, 0);
    assert_eq!(boxed(&flow, &source, 1).await.asked, 1);
    assert_eq!(boxed(&flow, &source, 1).await.asked, 1);
    assert_eq!(boxed::refresh(&flow, &source, 1).await.asked, 2);
    assert_eq!(boxed::original(&flow, &source, 1).await.asked, 3);
    assert_eq!(opaque(&flow, &source, 0).await, None);
    assert_eq!(opaque(&flow, &source, 20).await.unwrap().asked, 4);
    assert_eq!(opaque(&flow, &source, 20).await.unwrap().asked, 4);
    assert_eq!(opaque(&flow, &source, 10).await.unwrap().asked, 5);
    assert_eq!(opaque(&flow, &source, 10).await.unwrap().asked, 6);
    let _ = opaque::invalidate(&flow, 20).await.unwrap();
    assert_eq!(opaque(&flow, &source, 20).await.unwrap().asked, 7);
}
