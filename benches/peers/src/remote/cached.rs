//! `cached`'s asynchronous store in Redis: MessagePack over a multiplexed connection.

use cached::{AsyncRedisCache, ConcurrentCachedAsync, SerializeCachedAsync};

use super::peer::{Call, Operation, Peer, TTL};

/// The store that `#[concurrent_cached]` keeps results in.
pub struct CachedRedis(AsyncRedisCache<String, String>);

impl Peer for CachedRedis {
    const NAME: &'static str = "cached";
    const CRATE: &'static str = "cached";
    const CAN: &'static [Operation] = &[
        Operation::Hit,
        Operation::Miss,
        Operation::Put,
        Operation::Invalidate,
    ];

    async fn connect(url: &str) -> Self {
        let builder = AsyncRedisCache::builder("cached").connection_string(url);
        Self(builder.ttl(TTL).build().await.expect("a store"))
    }

    async fn call(&self, operation: Operation, call: &Call) -> usize {
        let key = &call.keys[0];
        let get = self.0.async_cache_get(key);
        // Not `async_cache_set`, which reads what was there before.
        let set = async || {
            let text = call.text.to_string();
            self.0.async_cache_set_ref(key, &text).await.expect("set");
        };
        match operation {
            Operation::Hit => get.await.expect("get").map_or(0, |text| text.len()),
            Operation::Miss => match get.await.expect("get") {
                Some(text) => text.len(),
                None => {
                    set().await;
                    call.text.len()
                }
            },
            Operation::Put => {
                set().await;
                0
            }
            Operation::Invalidate => {
                self.0.async_cache_delete(key).await.expect("delete");
                0
            }
            Operation::TaggedPut | Operation::GetMany => unreachable!("not in CAN"),
        }
    }
}
