//! The backend that a flow is given.

use std::fmt;
use std::sync::Arc;

use cacheflow::bus::Bus;
use cacheflow::store::SharedStore;
use cacheflow::{Backend, Namespace, Result};
use redis::Client;

use crate::bus::RedisBus;
use crate::error::invalid_url;
use crate::names::Names;
use crate::store::RedisStore;

/// One Redis server as shared store and bus.
///
/// Opening it connects to nothing: a service starts whether or not its Redis is
/// there, and uses it as soon as it is.
#[derive(Clone)]
pub struct RedisBackend {
    client: Client,
}

impl RedisBackend {
    /// A server by its URL: `redis://[user:password@]host[:port][/database]`,
    /// or `redis+unix:///path/to/socket`.
    ///
    /// # Errors
    ///
    /// [`InvalidConfig`](cacheflow::ErrorKind::InvalidConfig) if the URL cannot
    /// be read. The error names the fault and never the password.
    pub fn open(url: &str) -> Result<Self> {
        let client = Client::open(url).map_err(|error| invalid_url(url, &error))?;
        Ok(Self { client })
    }
}

impl RedisBackend {
    fn names(&self, namespace: &Namespace) -> Names {
        let database = self.client.get_connection_info().redis_settings().db();
        Names::new(namespace, database)
    }
}

impl Backend for RedisBackend {
    fn store(&self, namespace: &Namespace) -> Arc<dyn SharedStore> {
        Arc::new(RedisStore::new(self.client.clone(), self.names(namespace)))
    }

    fn bus(&self, namespace: &Namespace) -> Arc<dyn Bus> {
        Arc::new(RedisBus::new(self.client.clone(), self.names(namespace)))
    }
}

impl fmt::Debug for RedisBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The address alone: a client's own `Debug` may show more.
        f.debug_struct("RedisBackend")
            .field(
                "server",
                &self.client.get_connection_info().addr().to_string(),
            )
            .finish()
    }
}
