//! The floor: redis-rs, with one multiplexed connection and no cache around it.

use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;

use super::peer::{Call, Operation, Peer, TTL};

/// One connection.
pub struct Bare(MultiplexedConnection);

const PREFIX: &str = "bare:";

impl Bare {
    async fn set(&self, key: &str, text: &str) {
        let mut connection = self.0.clone();
        redis::cmd("SET")
            .arg(name(key))
            .arg(text)
            .arg("PX")
            .arg(TTL.as_millis() as u64)
            .query_async::<()>(&mut connection)
            .await
            .expect("SET");
    }

    async fn get(&self, key: &str) -> Option<String> {
        let mut connection = self.0.clone();
        connection.get(name(key)).await.expect("GET")
    }
}

fn name(key: &str) -> String {
    [PREFIX, key].concat()
}

impl Peer for Bare {
    const NAME: &'static str = "redis";
    const CRATE: &'static str = "redis";
    const CAN: &'static [Operation] = &[
        Operation::Hit,
        Operation::Miss,
        Operation::Put,
        Operation::TaggedPut,
        Operation::GetMany,
        Operation::Invalidate,
    ];

    async fn connect(url: &str) -> Self {
        let client = redis::Client::open(url).expect("a URL");
        let connection = client.get_multiplexed_async_connection().await;
        Self(connection.expect("a connection"))
    }

    async fn call(&self, operation: Operation, call: &Call) -> usize {
        let mut connection = self.0.clone();
        match operation {
            Operation::Hit => self.get(call.key()).await.map_or(0, |text| text.len()),
            Operation::Miss => match self.get(call.key()).await {
                Some(text) => text.len(),
                None => {
                    self.set(call.key(), &call.text).await;
                    call.text.len()
                }
            },
            Operation::Put => {
                self.set(call.key(), &call.text).await;
                0
            }
            // What one writes who wants tags: a set of what carries it.
            Operation::TaggedPut => {
                let (name, tag, ttl) = (name(call.key()), name(&call.tag), TTL.as_millis() as u64);
                redis::pipe()
                    .pset_ex(&name, &*call.text, ttl)
                    .ignore()
                    .sadd(&tag, call.key())
                    .ignore()
                    .pexpire(&tag, ttl as i64)
                    .ignore()
                    .query_async::<()>(&mut connection)
                    .await
                    .expect("SET and SADD");
                0
            }
            Operation::GetMany => {
                let names: Vec<String> = call.keys.iter().map(|key| name(key)).collect();
                let texts: Vec<Option<String>> = connection.mget(names).await.expect("MGET");
                texts.iter().flatten().map(String::len).sum()
            }
            Operation::Invalidate => {
                let _: usize = connection.del(name(call.key())).await.expect("DEL");
                0
            }
        }
    }
}
