//! What processes tell each other: numbers in Redis, outside of the prefix.

use cacheflow_testkit::eventually;
use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;

use crate::BOUND;

#[derive(Clone)]
pub(crate) struct Probe(MultiplexedConnection);

impl Probe {
    pub(crate) async fn open(url: &str) -> Self {
        let client = redis::Client::open(url).unwrap();
        Self(client.get_multiplexed_async_connection().await.unwrap())
    }

    pub(crate) async fn set(&self, name: &str, number: u64) {
        let name = format!("probe:{name}");
        let () = self.0.clone().set(name, number).await.unwrap();
    }

    pub(crate) async fn add(&self, name: &str, number: u64) {
        let name = format!("probe:{name}");
        let () = self.0.clone().incr(name, number).await.unwrap();
    }

    /// Zero, if nobody has set it.
    pub(crate) async fn number(&self, name: &str) -> u64 {
        let name = format!("probe:{name}");
        let number: Option<u64> = self.0.clone().get(name).await.unwrap();
        number.unwrap_or_default()
    }

    pub(crate) async fn is_set(&self, name: &str) {
        eventually("another process has gone on", BOUND, async || {
            self.number(name).await != 0
        })
        .await;
    }

    /// A load that counts: what the source has now.
    pub(crate) async fn load(&self) -> u64 {
        let value = self.number("source").await;
        self.add("loads", 1).await;
        value
    }

    /// How many leases of the cache there are.
    pub(crate) async fn leases(&self) -> usize {
        let pattern = "cacheflow:t/lock:*";
        let leases: Vec<String> = self.0.clone().keys(pattern).await.unwrap();
        leases.len()
    }

    /// What Redis keeps of a key of the cache.
    pub(crate) async fn stored(&self, key: u64) -> Option<Vec<u8>> {
        let name = format!("cacheflow:t/users:{key}");
        self.0.clone().get(name).await.unwrap()
    }
}
