//! Where the servers are.

pub(crate) mod cluster;
mod sentinel;
pub(crate) mod slots;

use cacheflow::Result;
use redis::{Client, RedisConnectionInfo};

pub(crate) use cluster::Owner;
pub(crate) use sentinel::Sentinels;

/// How the journal's server is found.
#[derive(Clone)]
pub(crate) enum Topology {
    /// It is always at the same address.
    One(Client),
    /// Sentinels know where it is.
    Sentinel(Sentinels),
    /// It owns a slot of a cluster.
    Cluster(Owner),
}

impl Topology {
    /// Where the journal's server is now; asked for every new connection.
    pub(crate) async fn primary(&self) -> Result<Client> {
        match self {
            Self::One(client) => Ok(client.clone()),
            Self::Sentinel(sentinels) => sentinels.primary().await,
            Self::Cluster(owner) => owner.primary().await,
        }
    }

    /// The server, or who knows it, without credentials.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::One(client) => address(client),
            Self::Sentinel(sentinels) => sentinels.name(),
            Self::Cluster(owner) => owner.name(),
        }
    }

    /// The database that is used.
    pub(crate) fn database(&self) -> i64 {
        match self {
            Self::One(client) => client.get_connection_info().redis_settings().db(),
            Self::Sentinel(sentinels) => sentinels.settings().db(),
            // A cluster has no other.
            Self::Cluster(_) => 0,
        }
    }

    /// Changes credentials, database or protocol for the servers that hold data.
    pub(crate) fn set(&mut self, change: impl FnOnce(RedisConnectionInfo) -> RedisConnectionInfo) {
        match self {
            Self::One(client) => *client = with_settings(client, change),
            Self::Sentinel(sentinels) => sentinels.set(change),
            Self::Cluster(owner) => owner.set(change),
        }
    }
}

/// The address alone: a client's own text may show more.
pub(crate) fn address(client: &Client) -> String {
    client.get_connection_info().addr().to_string()
}

/// The same server with other settings.
pub(crate) fn with_settings(
    client: &Client,
    change: impl FnOnce(RedisConnectionInfo) -> RedisConnectionInfo,
) -> Client {
    let info = client.get_connection_info().clone();
    let settings = change(info.redis_settings().clone());
    // An address that was accepted once is accepted again.
    Client::open(info.set_redis_settings(settings)).unwrap_or_else(|_| client.clone())
}
