//! One server of values: its connection, and what is asked of it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use cacheflow::{Error, ErrorKind, Result};
use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::{
    AsyncConnectionConfig, Cmd, Pipeline, RedisError, RedisResult, Script, ToRedisArgs, Value,
};
use tokio::time::Instant;

use super::journal::Journal;
use crate::error::failed;
use crate::topology::cluster::Cluster;
use crate::topology::slots::Address;

/// How long making a connection may take. Callers of the cache wait for their
/// own budget only.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(500);

/// Nobody waits longer for an answer, whatever their own budget.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(1);

/// A caller that waits for less and gives up says nothing about the server. Less
/// than the framework's budget for an operation.
const SILENCE: Duration = Duration::from_millis(30);

/// What `INFO` says of the replication id that a server had as a replica, if it
/// was none.
const NO_REPLICATION: &str = "0000000000000000000000000000000000000000";

/// What a server is asked.
pub(super) struct Call {
    pub(super) command: Cmd,
    /// The script that it runs, if it does.
    pub(super) script: Option<&'static Script>,
    /// The answer if something of another type lies there.
    pub(super) if_wrong_type: Option<Value>,
}

impl Call {
    pub(super) fn new(command: Cmd) -> Self {
        Self {
            command,
            script: None,
            if_wrong_type: None,
        }
    }

    /// A script about one key.
    pub(super) fn script(script: &'static Script, key: &str) -> Self {
        let mut command = redis::cmd("EVALSHA");
        command.arg(script.get_hash()).arg(1).arg(key);
        Self {
            script: Some(script),
            ..Self::new(command)
        }
    }

    /// One more argument, or several.
    pub(super) fn arg(mut self, argument: impl ToRedisArgs) -> Self {
        self.command.arg(argument);
        self
    }
}

/// See the [module's documentation](self).
pub(super) struct Shard {
    address: Address,
    current: Mutex<Option<MultiplexedConnection>>,
    connecting: tokio::sync::Mutex<()>,
    /// How many answers it has given.
    answers: AtomicU64,
}

impl Shard {
    pub(super) fn new(address: Address) -> Self {
        Self {
            address,
            current: Mutex::default(),
            connecting: tokio::sync::Mutex::default(),
            answers: AtomicU64::new(0),
        }
    }

    pub(super) fn address(&self) -> &Address {
        &self.address
    }

    /// The connection, made if there is none; the journal knows whose it is.
    pub(super) async fn connection(
        &self,
        cluster: &Cluster,
        journal: &Journal,
    ) -> Result<MultiplexedConnection> {
        if let Some(connection) = self.current() {
            return Ok(connection);
        }
        // One at a time connects; the others wait for it.
        let _connecting = self.connecting.lock().await;
        if let Some(connection) = self.current() {
            return Ok(connection);
        }
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_TIMEOUT))
            .set_response_timeout(Some(RESPONSE_TIMEOUT));
        let fault = |error| failed("connect", &self.address.to_string(), error);
        let mut connection = cluster
            .client(&self.address)?
            .get_multiplexed_async_connection_with_config(&config)
            .await
            .map_err(fault)?;
        let (id, server, replication): (String, String, String) = redis::pipe()
            .cmd("CLUSTER")
            .arg("MYID")
            .cmd("INFO")
            .arg("server")
            .cmd("INFO")
            .arg("replication")
            .query_async(&mut connection)
            .await
            .map_err(fault)?;
        if field(&replication, "role") == Some("slave") {
            let fault = Error::new(ErrorKind::Unavailable, "connect", "a replica");
            return Err(fault.with("server", self.address.to_string()));
        }
        // Before anything else is sent over it: it may have lost what the
        // journal has said.
        let run = field(&server, "run_id").unwrap_or_default();
        let replication_id = field(&replication, "master_replid").unwrap_or_default();
        let was_replica = field(&replication, "master_replid2") != Some(NO_REPLICATION);
        let process = format!("{run}:{replication_id}");
        journal.knows(&id, &process, was_replica).await?;
        journal.link().look_at_policy(&mut connection).await;
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = Some(connection.clone());
        Ok(connection)
    }

    /// One exchange. A server that answers nobody while a caller waits, until
    /// the caller gives up, loses its connection: a half-open one never fails.
    pub(super) async fn exchange(
        &self,
        mut connection: MultiplexedConnection,
        call: &Call,
        asking: bool,
    ) -> RedisResult<Value> {
        let silent = Silent {
            shard: self,
            answers: self.answers.load(Ordering::Relaxed),
            since: Instant::now(),
        };
        let mut answer = send(&mut connection, &call.command, asking).await;
        if let Err(error) = &answer
            && error.kind() == redis::ErrorKind::Server(redis::ServerErrorKind::NoScript)
            && let Some(script) = call.script
        {
            script.load_async(&mut connection).await?;
            answer = send(&mut connection, &call.command, asking).await;
        }
        if !matches!(&answer, Err(error) if error.is_timeout()) {
            self.answers.fetch_add(1, Ordering::Relaxed);
        }
        drop(silent);
        answer
    }

    /// One exchange of several commands, whose answers may be errors each.
    pub(super) async fn exchange_all(
        &self,
        mut connection: MultiplexedConnection,
        questions: &Pipeline,
    ) -> RedisResult<Vec<Value>> {
        let silent = Silent {
            shard: self,
            answers: self.answers.load(Ordering::Relaxed),
            since: Instant::now(),
        };
        let answers = connection.req_packed_commands(questions, 0, questions.len());
        let answers = answers.await;
        if !matches!(&answers, Err(error) if error.is_timeout()) {
            self.answers.fetch_add(1, Ordering::Relaxed);
        }
        drop(silent);
        answers
    }

    /// Gives the connection up.
    pub(super) fn forget(&self) {
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// The connection that there is.
    pub(super) fn current(&self) -> Option<MultiplexedConnection> {
        self.current
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// Gives the connection up when it is dropped, unless an answer has come since
/// it was made, or that was only just now.
struct Silent<'a> {
    shard: &'a Shard,
    answers: u64,
    since: Instant,
}

impl Drop for Silent<'_> {
    fn drop(&mut self) {
        let answered = self.shard.answers.load(Ordering::Relaxed) != self.answers;
        if !answered && self.since.elapsed() >= SILENCE {
            self.shard.forget();
        }
    }
}

async fn send(
    connection: &mut MultiplexedConnection,
    command: &Cmd,
    asking: bool,
) -> RedisResult<Value> {
    if !asking {
        return connection.req_packed_command(command).await?.extract();
    }
    // Both in one write: the permission is for the very next command on the
    // connection, which is shared.
    let mut both = redis::pipe();
    both.cmd("ASKING").add_command(command.clone());
    let answers = connection.req_packed_commands(&both, 1, 1).await?;
    let answer = answers.into_iter().next().unwrap_or(Value::Nil);
    answer.extract()
}

/// An answer, or the error that it is.
trait Extract {
    fn extract(self) -> RedisResult<Value>;
}

impl Extract for Value {
    fn extract(self) -> RedisResult<Value> {
        match self {
            Self::ServerError(error) => Err(RedisError::from(error)),
            value => Ok(value),
        }
    }
}

/// A field of what `INFO` answers.
fn field<'a>(info: &'a str, name: &str) -> Option<&'a str> {
    info.lines()
        .filter_map(|line| line.trim_end().split_once(':'))
        .find_map(|(key, value)| (key == name).then_some(value))
}
