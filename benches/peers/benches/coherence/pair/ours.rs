//! Two flows of `CacheFlow` in one namespace.

use std::convert::Infallible;

use cacheflow::event::Events;
use cacheflow::{Applied, Cache, CacheFlow};
use cacheflow_benches_peers::remote::{TTL, node};
use futures_util::StreamExt;

use super::{Far, Near, Pair, TAG, Tagged};

pub(crate) struct Ours;

#[derive(Clone)]
pub(crate) struct Node {
    flow: CacheFlow,
    texts: Cache<String, String>,
}

pub(crate) struct Listening {
    node: Node,
    events: Events,
}

impl Node {
    async fn on(url: &str) -> Self {
        let flow = node(url, "coherence").await;
        let texts = flow.cache("texts").ttl(TTL).max_entries(100_000).build();
        let texts = texts.expect("a cache");
        Self { flow, texts }
    }

    fn tagged(&self) -> Cache<String, String> {
        self.texts.tagged([TAG]).expect("a tag")
    }
}

impl Pair for Ours {
    const NAME: &'static str = "cacheflow";
    const CRATE: &'static str = "cacheflow";
    type Near = Node;
    type Far = Listening;

    async fn near(url: &str) -> Node {
        Node::on(url).await
    }

    async fn far(url: &str) -> Listening {
        let node = Node::on(url).await;
        let events = node.flow.events();
        Listening { node, events }
    }
}

impl Near for Node {
    const FORGETS_MANY: bool = true;

    async fn forget(&self, key: &str) {
        let applied = self.texts.invalidate(key).await.expect("a change");
        assert_eq!(applied, Applied::Recorded);
    }

    async fn forget_many(&self, keys: &[String]) {
        let keys = keys.iter().map(String::as_str);
        let applied = self.texts.invalidate_many(keys).await.expect("a change");
        assert_eq!(applied, Applied::Recorded);
    }
}

async fn take(texts: &Cache<String, String>, keys: &[String]) {
    let load = async || Ok::<_, Infallible>("text".to_owned());
    futures_util::stream::iter(keys)
        .for_each_concurrent(64, async |key| {
            let loaded = texts.get_or_load(key.as_str(), load).await;
            loaded.expect("no loader fails");
        })
        .await;
}

impl Far for Listening {
    async fn take(&mut self, keys: &[String]) {
        take(&self.node.texts, keys).await;
    }

    async fn holds(&mut self, key: &str) -> bool {
        self.node.texts.peek(key).is_some()
    }

    async fn news(&mut self) {
        // One that was too slow for some of them looks all the more.
        let _ = self.events.next().await.expect("the flow is not shut down");
    }
}

impl Tagged for Ours {
    async fn fill(near: &Node, keys: &[String]) {
        let tagged = near.tagged();
        futures_util::stream::iter(keys.chunks(500))
            .for_each_concurrent(8, async |keys| {
                let load = async |keys: Vec<&str>| {
                    let texts = keys
                        .into_iter()
                        .map(|key| (key.to_owned(), "text".to_owned()));
                    Ok::<_, Infallible>(texts.collect::<Vec<_>>())
                };
                let keys = keys.iter().map(String::as_str);
                let loaded = tagged.get_or_load_many(keys, load).await;
                loaded.into_result().expect("no loader fails");
            })
            .await;
    }

    async fn forget_all(near: &Node) {
        let applied = near.flow.invalidate().tags([TAG]).send().await;
        assert_eq!(applied.expect("a change"), Applied::Recorded);
    }

    async fn take_tagged(far: &mut Listening, keys: &[String]) {
        take(&far.node.tagged(), keys).await;
    }
}
