//! CacheFlow, with memory before Redis and without.

use std::convert::Infallible;
use std::time::Duration;

use cacheflow::codec::Compression;
use cacheflow::{Applied, Cache, CacheFlow, Strategy};
use cacheflow_redis::RedisBackend;

use super::peer::{Call, Operation, Peer, TTL};

/// Longer than what the slowest operation takes on a busy machine: what is
/// measured is Redis, not giving up on it.
const BUDGET: Duration = Duration::from_secs(10);

/// A flow that hears what others forget.
pub async fn node(url: &str, namespace: &str) -> CacheFlow {
    let flow = CacheFlow::builder()
        .namespace(namespace)
        .backend(RedisBackend::open(url).expect("a URL"))
        .operation_budget(BUDGET)
        // As all others: what is compared is caches.
        .compression(Compression::none())
        .build()
        .await
        .expect("a flow");
    let subscribed = async {
        while !flow.health().is_good() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let subscribed = tokio::time::timeout(BUDGET, subscribed).await;
    subscribed.expect("the node subscribes in time");
    flow
}

/// Memory before Redis, as a service uses it.
pub struct BothLevels {
    flow: CacheFlow,
    texts: Cache<String, String>,
}

/// Redis alone: `Strategy::cache_aside`.
pub struct RedisOnly(BothLevels);

impl BothLevels {
    async fn on(url: &str, namespace: &str, strategy: Strategy) -> Self {
        let flow = node(url, namespace).await;
        let texts = flow.cache("texts").ttl(TTL).strategy(strategy);
        let texts = texts.max_entries(100_000).build().expect("a cache");
        Self { flow, texts }
    }

    async fn load(&self, call: &Call, text: &str) -> usize {
        let load = async || Ok::<_, Infallible>(text.to_owned());
        let text = self.texts.get_or_load(call.key(), load).await;
        text.expect("no loader fails").len()
    }
}

/// A change counts when Redis has it.
fn recorded(applied: cacheflow::Result<Applied>) {
    let applied = applied.expect("a change");
    assert_eq!(applied, Applied::Recorded);
}

impl Peer for BothLevels {
    const NAME: &'static str = "cacheflow";
    const CRATE: &'static str = "cacheflow";
    const CAN: &'static [Operation] = &[
        Operation::Hit,
        Operation::Miss,
        Operation::Put,
        Operation::TaggedPut,
        Operation::GetMany,
        Operation::Invalidate,
    ];

    async fn connect(url: &str) -> Self {
        Self::on(url, "both", Strategy::multi_level()).await
    }

    async fn forget_memory(&self) {
        let texts = self.flow.invalidate().cache("texts").local_only();
        let forgotten = texts.send().await.expect("memory forgets");
        assert_eq!(forgotten, Applied::Local);
    }

    async fn call(&self, operation: Operation, call: &Call) -> usize {
        match operation {
            // What would be loaded is not what is expected.
            Operation::Hit => self.load(call, "").await,
            Operation::Miss => self.load(call, &call.text).await,
            Operation::Put => {
                recorded(self.texts.put(call.key(), call.text.to_string()).await);
                0
            }
            Operation::TaggedPut => {
                let tagged = self.texts.tagged([&call.tag]).expect("a tag");
                recorded(tagged.put(call.key(), call.text.to_string()).await);
                0
            }
            Operation::GetMany => {
                let nothing = async |_| Ok::<_, Infallible>(Vec::<(String, String)>::new());
                let keys = call.keys.iter().map(String::as_str);
                let texts = self.texts.get_or_load_many(keys, nothing).await;
                let texts = texts.into_result().expect("no loader fails");
                texts.iter().flatten().map(String::len).sum()
            }
            Operation::Invalidate => {
                recorded(self.texts.invalidate(call.key()).await);
                0
            }
        }
    }
}

impl Peer for RedisOnly {
    const NAME: &'static str = "cacheflow without memory";
    const CRATE: &'static str = "cacheflow";
    const CAN: &'static [Operation] = &[Operation::Hit, Operation::Miss, Operation::GetMany];

    async fn connect(url: &str) -> Self {
        Self(BothLevels::on(url, "aside", Strategy::cache_aside()).await)
    }

    async fn call(&self, operation: Operation, call: &Call) -> usize {
        self.0.call(operation, call).await
    }
}
