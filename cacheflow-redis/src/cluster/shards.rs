//! The servers of values: every command goes to the owner of its key's slot,
//! and follows the slot when it moves.
//!
//! Nothing happens in the background: connections are made when they are
//! needed and dropped when they fail, each server for itself, so that one that
//! is dead or hangs delays no command to another.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use cacheflow::{Error, ErrorKind, Result};
use redis::{FromRedisValue, RedisError, ServerErrorKind, Value};

use super::cursor::At;
use super::journal::Journal;
use super::shard::{Call, Shard};
use crate::error::failed;
use crate::topology::cluster::Cluster;
use crate::topology::slots::{Address, Slots, slot};

/// How often a command is sent at most: to the owner that is known, over a new
/// connection, and where two redirections lead.
const ATTEMPTS: usize = 4;

/// What HSCAN answers: its cursor, then members with what is said of them.
type Page = (u64, Vec<(Vec<u8>, Vec<u8>)>);

/// See the [module's documentation](self).
pub(super) struct Shards {
    cluster: Arc<Cluster>,
    journal: Arc<Journal>,
    shards: Mutex<HashMap<Address, Arc<Shard>>>,
}

/// Where a command goes next.
enum To {
    Owner,
    Moved(Address),
    Ask(Address),
}

impl Shards {
    pub(super) fn new(cluster: Arc<Cluster>, journal: Arc<Journal>) -> Self {
        Self {
            cluster,
            journal,
            shards: Mutex::default(),
        }
    }

    pub(super) fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    pub(super) fn journal(&self) -> &Journal {
        &self.journal
    }

    /// What is kept under a name; something else there is bytes that are no entry,
    /// which a fill may replace.
    pub(super) async fn value(&self, operation: &'static str, key: &str) -> Result<Option<Bytes>> {
        let call = Call {
            if_wrong_type: Some(Value::BulkString(Vec::new())),
            ..Call::new(redis::cmd("GET")).arg(key)
        };
        self.call(operation, key, &call).await
    }

    /// A step through an index, and where it goes on; something else in its place
    /// has no members.
    ///
    /// A cursor counts in the table of one server. If another answers, because the
    /// slot has moved, the index begins again.
    pub(super) async fn members(
        &self,
        operation: &'static str,
        index: &str,
        at: At,
        count: u64,
    ) -> Result<(Option<At>, Vec<Vec<u8>>)> {
        let scan = Call::new(redis::cmd("HSCAN")).arg(index).arg(at.cursor);
        let nothing = Value::Array(vec![Value::Int(0), Value::Array(Vec::new())]);
        let call = Call {
            if_wrong_type: Some(nothing),
            ..scan.arg("COUNT").arg(count)
        };
        let (value, address) = self.send(operation, index, &call).await?;
        let server = told_apart(&address);
        if !at.is_begin() && at.server != server {
            return Ok((Some(At::default()), Vec::new()));
        }
        let (cursor, fields): Page = convert(operation, &address, value)?;
        let next = (cursor != 0).then_some(At { cursor, server });
        Ok((next, fields.into_iter().map(|(member, _)| member).collect()))
    }

    /// Runs a command on a server, whatever its slots.
    pub(super) async fn call_on<T: FromRedisValue>(
        &self,
        operation: &'static str,
        address: &Address,
        call: &Call,
    ) -> Result<T> {
        let shard = self.shard(address);
        let connection = shard.connection(&self.cluster, &self.journal).await?;
        let answer = shard.exchange(connection, call, false).await;
        let value = answer.map_err(|error| {
            self.spoil(&shard, &error);
            fault(operation, address, error)
        })?;
        convert(operation, address, value)
    }

    /// Drops every connection on which a PING is not answered in time.
    pub(super) async fn ping(&self, patience: std::time::Duration) {
        let shards: Vec<_> = self.all().values().cloned().collect();
        let mut pings = tokio::task::JoinSet::new();
        for shard in shards {
            let Some(connection) = shard.current() else {
                continue;
            };
            pings.spawn(async move {
                let call = Call::new(redis::cmd("PING"));
                let answer = shard.exchange(connection, &call, false);
                if !matches!(tokio::time::timeout(patience, answer).await, Ok(Ok(_))) {
                    shard.forget();
                }
            });
        }
        while pings.join_next().await.is_some() {}
    }

    /// Asks the owner of `key`'s slot, wherever it is.
    pub(super) async fn call<T: FromRedisValue>(
        &self,
        operation: &'static str,
        key: &str,
        call: &Call,
    ) -> Result<T> {
        let (value, address) = self.send(operation, key, call).await?;
        convert(operation, &address, value)
    }

    /// The answer, and who gave it.
    async fn send(
        &self,
        operation: &'static str,
        key: &str,
        call: &Call,
    ) -> Result<(Value, Address)> {
        let slot = slot(key.as_bytes());
        let mut slots = self.cluster.slots().await?;
        let (mut to, mut last) = (To::Owner, None);
        for attempt in 1..=ATTEMPTS {
            let (shard, asking) = match &to {
                To::Owner => (self.owner(&slots, slot)?, false),
                To::Moved(address) => (self.shard(address), false),
                To::Ask(address) => (self.shard(address), true),
            };
            let connection = match shard.connection(&self.cluster, &self.journal).await {
                Ok(connection) => connection,
                Err(error) if attempt == ATTEMPTS => return Err(error),
                Err(error) => {
                    // Another may have taken its place.
                    slots = self.cluster.ask(Some(&slots)).await?;
                    to = To::Owner;
                    if self.owner(&slots, slot)?.address() == shard.address() {
                        return Err(error);
                    }
                    continue;
                }
            };
            let error = match shard.exchange(connection, call, asking).await {
                Ok(value) => return Ok((value, shard.address().clone())),
                Err(error) => error,
            };
            if error.code() == Some("WRONGTYPE")
                && let Some(value) = &call.if_wrong_type
            {
                return Ok((value.clone(), shard.address().clone()));
            }
            self.spoil(&shard, &error);
            let redirected = error
                .redirect_node()
                .and_then(|(node, _)| Address::parse(node, shard.address()));
            to = match (error.kind(), redirected) {
                (redis::ErrorKind::Server(ServerErrorKind::Ask), Some(address)) => To::Ask(address),
                (redis::ErrorKind::Server(ServerErrorKind::Moved), Some(address)) => {
                    // The redirection is good for this command even if nobody
                    // tells the whole.
                    if let Ok(told) = self.cluster.ask(Some(&slots)).await {
                        slots = told;
                    }
                    To::Moved(address)
                }
                (redis::ErrorKind::Server(ServerErrorKind::ReadOnly), _) => {
                    slots = self.cluster.ask(Some(&slots)).await?;
                    To::Owner
                }
                (
                    redis::ErrorKind::Server(
                        ServerErrorKind::ClusterDown | ServerErrorKind::MasterDown,
                    ),
                    _,
                ) => {
                    // It may be cut off from the others; they have another by now.
                    let _ = self.cluster.ask(Some(&slots)).await;
                    return Err(fault(operation, shard.address(), error));
                }
                // Everything that is sent here may be sent twice.
                _ if is_lost(&error) && last.is_none() => To::Owner,
                _ => return Err(fault(operation, shard.address(), error)),
            };
            last = Some(fault(operation, shard.address(), error));
        }
        Err(last.unwrap_or_else(|| {
            Error::new(ErrorKind::Unavailable, operation, "no server takes it")
                .with("server", self.cluster.name())
        }))
    }

    pub(super) fn owner(&self, slots: &Slots, slot: u16) -> Result<Arc<Shard>> {
        let owner = slots.owner(slot).ok_or_else(|| {
            Error::new(ErrorKind::Unavailable, "connect", "nobody owns the slot")
                .with("server", self.cluster.name())
        })?;
        Ok(self.shard(&owner.address))
    }

    fn shard(&self, address: &Address) -> Arc<Shard> {
        let mut shards = self.all();
        if let Some(shard) = shards.get(address) {
            return Arc::clone(shard);
        }
        // Addresses come and go.
        shards.retain(|_, shard| Arc::strong_count(shard) > 1 || shard.current().is_some());
        let shard = Arc::new(Shard::new(address.clone()));
        shards.insert(address.clone(), Arc::clone(&shard));
        shard
    }

    fn all(&self) -> std::sync::MutexGuard<'_, HashMap<Address, Arc<Shard>>> {
        self.shards.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives a connection up that is no good any more: broken, or to a server
    /// that has lost its slots and, when it gets them back, has to be known to
    /// the journal anew.
    pub(super) fn spoil(&self, shard: &Shard, error: &RedisError) {
        let moved = matches!(
            error.kind(),
            redis::ErrorKind::Server(ServerErrorKind::Moved | ServerErrorKind::ReadOnly)
        );
        if moved || is_lost(error) || error.is_timeout() {
            shard.forget();
        }
    }
}

fn convert<T: FromRedisValue>(
    operation: &'static str,
    address: &Address,
    value: Value,
) -> Result<T> {
    T::from_redis_value(value).map_err(|error| fault(operation, address, error.into()))
}

/// What tells one server from another.
fn told_apart(address: &Address) -> u64 {
    let mut hasher = DefaultHasher::new();
    address.hash(&mut hasher);
    hasher.finish()
}

fn is_lost(error: &RedisError) -> bool {
    !error.is_timeout() && (error.is_unrecoverable_error() || error.is_io_error())
}

pub(super) fn fault(operation: &'static str, address: &Address, error: RedisError) -> Error {
    let no_use = matches!(
        error.kind(),
        redis::ErrorKind::Server(
            ServerErrorKind::ClusterDown
                | ServerErrorKind::MasterDown
                | ServerErrorKind::TryAgain
                | ServerErrorKind::BusyLoading
                | ServerErrorKind::Moved
                | ServerErrorKind::Ask
        )
    );
    let server = address.to_string();
    if no_use {
        return Error::new(ErrorKind::Unavailable, operation, "")
            .with("server", server)
            .because(error);
    }
    failed(operation, &server, error)
}
