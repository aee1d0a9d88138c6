//! Connections: made lazily, dropped when they fail, never used before the
//! journal was adopted on them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cacheflow::event::Position;
use cacheflow::{Error, ErrorKind, Result};
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client};

use crate::error::{failed, is_demoted, unexpected};
use crate::message::{incarnation, incarnation_text};
use crate::names::Names;
use crate::scripts::Scripts;

/// How long making a connection may take. Callers of the cache wait for their
/// own budget only.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// A connection that has not answered a PING for so long is given up, although
/// nothing says that it is broken: a half-open connection never does.
const PING_TIMEOUT: Duration = Duration::from_millis(250);

/// One shared connection to a server.
pub(crate) struct Link {
    client: Client,
    server: String,
    names: Names,
    scripts: Scripts,
    current: Mutex<Option<MultiplexedConnection>>,
    incarnation: AtomicU64,
    connecting: tokio::sync::Mutex<()>,
}

impl Link {
    pub(crate) fn new(client: Client, names: Names) -> Self {
        Self {
            server: client.get_connection_info().addr().to_string(),
            client,
            names,
            scripts: Scripts::new(),
            current: Mutex::new(None),
            incarnation: AtomicU64::new(0),
            connecting: tokio::sync::Mutex::new(()),
        }
    }

    pub(crate) fn server(&self) -> &str {
        &self.server
    }

    pub(crate) fn names(&self) -> &Names {
        &self.names
    }

    pub(crate) fn scripts(&self) -> &Scripts {
        &self.scripts
    }

    /// The connection, made if there is none.
    pub(crate) async fn connection(&self) -> Result<MultiplexedConnection> {
        if let Some(connection) = self.current().clone() {
            return Ok(connection);
        }
        // One at a time connects; the others wait for it.
        let _connecting = self.connecting.lock().await;
        if let Some(connection) = self.current().clone() {
            return Ok(connection);
        }
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_TIMEOUT))
            .set_response_timeout(None);
        let mut connection = self.connect(&config).await?;
        // Before anything else is sent over it: the server may have been
        // restarted since, and would give out numbers twice.
        let adopted = tokio::time::timeout(CONNECT_TIMEOUT, self.adopt(&mut connection)).await;
        let position = adopted.map_err(|_| self.silent("adopt"))??;
        self.works_in(position);
        *self.current() = Some(connection.clone());
        Ok(connection)
    }

    /// The incarnation in which the shared connection works, as it was last told.
    pub(crate) fn incarnation(&self) -> u64 {
        self.incarnation.load(Ordering::Acquire)
    }

    /// Asks in which incarnation the shared connection works: the journal may
    /// have begun anew under it.
    pub(crate) async fn ask_incarnation(
        &self,
        connection: &mut MultiplexedConnection,
    ) -> Result<u64> {
        let position = self.adopt(connection).await?;
        self.works_in(position);
        Ok(position.incarnation)
    }

    fn works_in(&self, position: Position) {
        self.incarnation
            .store(position.incarnation, Ordering::Release);
    }

    /// A connection of its own, with this configuration.
    pub(crate) async fn connect(
        &self,
        config: &AsyncConnectionConfig,
    ) -> Result<MultiplexedConnection> {
        self.client
            .get_multiplexed_async_connection_with_config(config)
            .await
            .map_err(|error| failed("connect", &self.server, error))
    }

    /// Where the journal stands, which begins anew if it must.
    pub(crate) async fn adopt(&self, connection: &mut MultiplexedConnection) -> Result<Position> {
        let (inc, number): (String, u64) = self
            .scripts
            .adopt
            .key(&self.names.journal)
            .key(&self.names.records)
            .arg(incarnation_text(random()))
            .invoke_async(connection)
            .await
            .map_err(|error| failed("adopt", &self.server, error))?;
        let incarnation =
            incarnation(&inc).ok_or_else(|| unexpected("adopt", &self.server, "incarnation"))?;
        Ok(Position {
            incarnation,
            number,
        })
    }

    /// Turns an error of an operation into the framework's, and drops the
    /// connection if it is no good any more.
    pub(crate) fn fault(&self, operation: &'static str, error: redis::RedisError) -> Error {
        if error.is_unrecoverable_error() || error.is_io_error() || is_demoted(&error) {
            *self.current() = None;
        }
        failed(operation, &self.server, error)
    }

    /// Whether the server answers: over the connection that there is, else over
    /// a new one.
    pub(crate) async fn ping(&self) -> Result<()> {
        let present = self.current().clone();
        if let Some(mut connection) = present {
            let unanswered = Unanswered(self);
            let command = redis::cmd("PING");
            let answer = command.query_async::<String>(&mut connection);
            if let Ok(Ok(_)) = tokio::time::timeout(PING_TIMEOUT, answer).await {
                std::mem::forget(unanswered);
                return Ok(());
            }
        }
        // Adopting the journal is an answer too.
        self.connection().await?;
        Ok(())
    }

    fn silent(&self, operation: &'static str) -> Error {
        Error::new(ErrorKind::Timeout, operation, "no answer").with("server", self.server())
    }

    fn current(&self) -> MutexGuard<'_, Option<MultiplexedConnection>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gives the connection up when it is dropped: also when a caller whose own
/// patience is shorter drops the PING.
struct Unanswered<'a>(&'a Link);

impl Drop for Unanswered<'_> {
    fn drop(&mut self) {
        *self.0.current() = None;
    }
}

/// A random number: hash states are seeded afresh by the system's randomness.
pub(crate) fn random() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(std::process::id())
}
