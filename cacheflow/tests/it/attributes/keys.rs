//! Keys of attributed functions: templates with format specs, receivers.

use cacheflow::{CacheFlow, cached};

use super::{Source, User};
use crate::support::alone;

#[cached(cache = "rounded", key = "{lat:.1}:{lon:+08.2}:{name:>4}", flow = flow)]
async fn rounded(flow: &CacheFlow, source: &Source, lat: f64, lon: f64, name: &str) -> User {
    let _ = (lat, lon, name);
    source.user(1)
}

#[tokio::test]
async fn values_can_be_written_as_text_is_formatted() {
    let (flow, source) = (alone().await, Source::default());
    let ask = async |lat, lon| rounded(&flow, &source, lat, lon, "a:").await.asked;
    assert_eq!(ask(52.51, 13.404).await, 1);
    // Rounded, they are the same.
    assert_eq!(ask(52.53, 13.401).await, 1);
    assert_eq!(ask(52.58, 13.401).await, 2);
    let key = rounded::key(&flow, 52.51, 13.404, "a:");
    assert_eq!(key.as_str(), "rounded:52.5:%2B0013.40:%20%20a%3A");
}

struct Tenant<'a> {
    name: &'static str,
    flow: &'a CacheFlow,
    source: Source,
}

impl Tenant<'_> {
    #[cached(cache = "of_tenant", receiver = self.name, flow = self.flow, companions)]
    async fn own(&self, id: u64) -> User {
        self.source.user(id)
    }

    #[cached(cache = "of_all", receiver = ignore, flow = self.flow, companions)]
    async fn shared(&self, id: u64) -> User {
        self.source.user(id)
    }

    #[cached(cache = "versions", receiver = self.name, key = "v:{id}", flow = self.flow, companions)]
    async fn with_key(&self, id: u64) -> User {
        self.source.user(id)
    }
}

#[tokio::test]
async fn the_receiver_is_what_the_attribute_says_of_it() {
    let flow = alone().await;
    let tenant = |name| Tenant {
        name,
        flow: &flow,
        source: Source::default(),
    };
    let (a, b) = (tenant("a"), tenant("b"));
    assert_eq!((a.own(1).await.asked, b.own(1).await.asked), (1, 1));
    assert_eq!(a.own_key(1).as_str(), "of_tenant:a:1");
    assert_eq!(a.shared(1).await.asked, 2);
    assert_eq!(b.shared(1).await.asked, 2, "another's");
    assert_eq!(b.shared_key(1).as_str(), "of_all:1");
    assert_eq!(a.with_key_key(7).as_str(), "versions:a:v:7");
}
