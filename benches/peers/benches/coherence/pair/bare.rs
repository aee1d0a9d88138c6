//! PUBLISH, and a subscription: what is told is a key that is not held any more.

use std::collections::HashSet;

use futures_util::StreamExt;
use redis::AsyncCommands;
use redis::aio::{MultiplexedConnection, PubSubStream};

use super::{Far, Near, Pair};

pub(crate) struct Bare;

const CHANNEL: &str = "bare";

pub(crate) struct Subscription {
    messages: PubSubStream,
    held: HashSet<String>,
}

impl Pair for Bare {
    const NAME: &'static str = "redis";
    const CRATE: &'static str = "redis";
    type Near = MultiplexedConnection;
    type Far = Subscription;

    async fn near(url: &str) -> MultiplexedConnection {
        let client = redis::Client::open(url).expect("a URL");
        let connection = client.get_multiplexed_async_connection().await;
        connection.expect("a connection")
    }

    async fn far(url: &str) -> Subscription {
        let client = redis::Client::open(url).expect("a URL");
        let mut connection = client.get_async_pubsub().await.expect("a connection");
        connection.subscribe(CHANNEL).await.expect("SUBSCRIBE");
        Subscription {
            messages: connection.into_on_message(),
            held: HashSet::new(),
        }
    }
}

impl Near for MultiplexedConnection {
    const FORGETS_MANY: bool = false;

    async fn forget(&self, key: &str) {
        let told: usize = self.clone().publish(CHANNEL, key).await.expect("PUBLISH");
        assert_eq!(told, 1);
    }
}

impl Far for Subscription {
    async fn take(&mut self, keys: &[String]) {
        self.held.extend(keys.iter().cloned());
    }

    async fn holds(&mut self, key: &str) -> bool {
        self.held.contains(key)
    }

    async fn news(&mut self) {
        let message = self.messages.next().await.expect("the connection holds");
        let key: String = message.get_payload().expect("a key");
        self.held.remove(&key);
    }
}
