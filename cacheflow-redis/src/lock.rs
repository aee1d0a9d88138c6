//! Leases: a key each, which expires when its lease ends, and a script for each
//! step. Who asks in vain leaves a mark at it, and only the return of a marked one is
//! told: else every load under a lease would publish to every node.

use std::time::Duration;

use cacheflow::Result;
use cacheflow::lock::{Acquired, Leases};
use redis::Script;

use crate::link::{Link, Unanswered};
use crate::message;
use crate::names::Names;
use crate::scripts::{LOCK_ACQUIRE, LOCK_RELEASE, LOCK_RENEW};
use crate::store::values::millis;

/// See the [module's documentation](self). With `stream_only` nobody is told of a
/// lease that was given back: who waits for it tries again by and by.
pub(crate) struct RedisLeases<S> {
    servers: S,
    names: Names,
}

/// Where leases lie.
#[async_trait::async_trait]
pub(crate) trait Servers: Send + Sync + 'static {
    /// Runs a script about one key.
    async fn run(
        &self,
        operation: &'static str,
        script: &'static Script,
        key: &str,
        arguments: &[&str],
    ) -> Result<u64>;
}

impl<S> RedisLeases<S> {
    pub(crate) fn new(servers: S, names: Names) -> Self {
        Self { servers, names }
    }
}

impl<S: Servers> RedisLeases<S> {
    async fn run(
        &self,
        operation: &'static str,
        script: &'static Script,
        name: &str,
        arguments: &[&str],
    ) -> Result<u64> {
        let key = self.names.lease(name);
        self.servers.run(operation, script, &key, arguments).await
    }
}

#[async_trait::async_trait]
impl<S: Servers> Leases for RedisLeases<S> {
    async fn acquire(&self, name: &str, owner: &str, lease: Duration) -> Result<Acquired> {
        let lease = millis(lease).to_string();
        let answer = self
            .run("acquire", &LOCK_ACQUIRE, name, &[owner, &lease])
            .await?;
        Ok(match answer {
            0 => Acquired::Mine,
            left => Acquired::Held {
                remaining: Duration::from_millis(left),
            },
        })
    }

    async fn renew(&self, name: &str, owner: &str, lease: Duration) -> Result<bool> {
        let lease = millis(lease).to_string();
        let answer = self
            .run("renew", &LOCK_RENEW, name, &[owner, &lease])
            .await?;
        Ok(answer == 1)
    }

    async fn release(&self, name: &str, owner: &str) -> Result<bool> {
        let told = message::released(name, &self.names.origin);
        let arguments = [owner, &self.names.channel, &told];
        let answer = self.run("release", &LOCK_RELEASE, name, &arguments);
        Ok(answer.await? == 1)
    }
}

#[async_trait::async_trait]
impl Servers for Link {
    async fn run(
        &self,
        operation: &'static str,
        script: &'static Script,
        key: &str,
        arguments: &[&str],
    ) -> Result<u64> {
        let mut connection = self.connection().await?;
        // Nobody pings this connection: one that the network has forgotten would
        // be asked in vain for ever.
        let unanswered = Unanswered::of(self);
        let mut call = script.prepare_invoke();
        call.key(key).arg(arguments);
        let answer = call.invoke_async(&mut connection).await;
        unanswered.answered();
        answer.map_err(|error| self.fault(operation, error))
    }
}
