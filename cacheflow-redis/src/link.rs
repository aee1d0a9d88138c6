//! Connections: made lazily, dropped when they fail, never used before the
//! journal was adopted on them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cacheflow::event::{Position, Snapshot};
use cacheflow::{Error, ErrorKind, Result};
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Cmd, ProtocolVersion, Script, ScriptInvocation};

use crate::adopted::{lineage, open_records};
use crate::error::{failed, is_demoted, unexpected};
use crate::gather::Gather;
use crate::message::{incarnation, incarnation_text};
use crate::names::Names;
use crate::scripts::Scripts;
use crate::topology::{Topology, with_settings};

/// How long making a connection may take. Callers of the cache wait for their
/// own budget only.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// A script about an entry without marks has no more arguments.
const MOST_ARGUMENTS: usize = 20;

/// A connection that has not answered a PING for so long is given up, although
/// nothing says that it is broken: a half-open connection never does.
const PING_TIMEOUT: Duration = Duration::from_millis(250);

/// One shared connection to the journal's server.
pub(crate) struct Link {
    topology: Topology,
    server: String,
    names: Names,
    scripts: Scripts,
    current: Mutex<Option<Arc<Open>>>,
    adopted: Mutex<Adopted>,
    connecting: tokio::sync::Mutex<()>,
    index_may_vanish: AtomicBool,
}

/// A connection that may be used.
pub(crate) struct Open {
    pub(crate) connection: MultiplexedConnection,
    /// The reads over it.
    pub(crate) reads: Arc<Gather>,
}

/// The journal as it was last adopted.
#[derive(Default)]
struct Adopted {
    incarnation: u64,
    ancestors: Vec<Position>,
}

impl Link {
    pub(crate) fn new(topology: Topology, names: Names) -> Self {
        Self {
            server: topology.name(),
            topology,
            names,
            scripts: Scripts::new(),
            current: Mutex::new(None),
            adopted: Mutex::default(),
            connecting: tokio::sync::Mutex::new(()),
            index_may_vanish: AtomicBool::new(false),
        }
    }

    /// The server without credentials.
    pub(crate) fn server(&self) -> &str {
        &self.server
    }

    pub(crate) fn names(&self) -> &Names {
        &self.names
    }

    pub(crate) fn scripts(&self) -> &Scripts {
        &self.scripts
    }

    /// A call of `script` with the journal's keys.
    pub(crate) fn call<'a>(&self, script: &'a Script) -> ScriptInvocation<'a> {
        let mut call = script.prepare_invoke();
        for key in self.names.journal_keys() {
            call.key(key);
        }
        call
    }

    /// The same as one command about `key` too, with arguments of about so many `bytes`: a
    /// call keeps each of them by itself and writes all of them once more when it is sent.
    pub(crate) fn command(&self, script: &Script, key: &str, bytes: usize) -> Cmd {
        let keys = self.names.journal_keys();
        let named: usize = keys.iter().map(String::len).sum();
        let mut command = Cmd::with_capacity(MOST_ARGUMENTS, named + key.len() + bytes);
        command.arg("EVALSHA").arg(script.get_hash());
        command.arg(keys.len() + 1).arg(keys).arg(key);
        command
    }

    /// The connection, made if there is none.
    pub(crate) async fn connection(&self) -> Result<MultiplexedConnection> {
        Ok(self.open().await?.connection.clone())
    }

    /// The connection and who reads over it, made if there is none.
    pub(crate) async fn open(&self) -> Result<Arc<Open>> {
        let current = self.current().clone();
        match current {
            Some(open) => Ok(open),
            // Boxed: whoever reads need not make room for what is done so rarely.
            None => Box::pin(self.open_anew()).await,
        }
    }

    async fn open_anew(&self) -> Result<Arc<Open>> {
        // One at a time connects; the others wait for it.
        let _connecting = self.connecting.lock().await;
        if let Some(open) = self.current().clone() {
            return Ok(open);
        }
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_TIMEOUT))
            .set_response_timeout(None);
        let mut connection = self.connect(&config, ProtocolVersion::RESP2).await?;
        // Before anything else is sent over it: the server may have been
        // restarted since, and would give out numbers twice.
        self.adopt_in_time(&mut connection).await?;
        self.look_at_policy(&mut connection).await;
        let open = Arc::new(Open {
            connection,
            reads: Arc::default(),
        });
        *self.current() = Some(Arc::clone(&open));
        Ok(open)
    }

    /// The incarnation in which the shared connection works, as it was last told.
    pub(crate) fn incarnation(&self) -> u64 {
        self.adopted().incarnation
    }

    /// The same, if the journal, as it was last adopted, goes on from all of
    /// `incarnations`.
    pub(crate) fn incarnation_after(
        &self,
        mut incarnations: impl Iterator<Item = u64>,
    ) -> Option<u64> {
        let adopted = self.adopted();
        let is_known = |incarnation: u64| {
            let mut ancestors = adopted.ancestors.iter();
            incarnation == adopted.incarnation
                || ancestors.any(|ancestor| ancestor.incarnation == incarnation)
        };
        incarnations.all(is_known).then_some(adopted.incarnation)
    }

    /// An answer came in `incarnation`: another than the adopted one shows that
    /// the journal has begun anew, with no ancestors that are known.
    pub(crate) fn answered_in(&self, incarnation: u64) {
        let mut adopted = self.adopted();
        if adopted.incarnation != incarnation {
            *adopted = Adopted {
                incarnation,
                ancestors: Vec::new(),
            };
        }
    }

    /// Asks in which incarnation the shared connection works: the journal may
    /// have begun anew under it.
    pub(crate) async fn ask_incarnation(
        &self,
        connection: &mut MultiplexedConnection,
    ) -> Result<u64> {
        let snapshot = self.adopt(connection, false).await?;
        Ok(snapshot.position.incarnation)
    }

    /// A connection of its own, with this configuration, to where the journal's
    /// server is now.
    pub(crate) async fn connect(
        &self,
        config: &AsyncConnectionConfig,
        protocol: ProtocolVersion,
    ) -> Result<MultiplexedConnection> {
        let primary = self.topology.primary().await?;
        with_settings(&primary, |settings| settings.set_protocol(protocol))
            .get_multiplexed_async_connection_with_config(config)
            .await
            .map_err(|error| failed("connect", &self.server, error))
    }

    /// Where the journal stands, which begins or goes on anew if it must;
    /// `with_open`: and what is not done in it.
    pub(crate) async fn adopt(
        &self,
        connection: &mut MultiplexedConnection,
        with_open: bool,
    ) -> Result<Snapshot> {
        type Answer = (String, u64, String, Vec<(u64, Vec<u8>)>);
        let (inc, number, ancestors, open): Answer = self
            .call(&self.scripts.adopt)
            .arg(incarnation_text(random()))
            .arg(u8::from(with_open))
            .invoke_async(connection)
            .await
            .map_err(|error| failed("adopt", &self.server, error))?;
        let position = self.position("adopt", &inc, number)?;
        let lineage =
            lineage(&ancestors).ok_or_else(|| unexpected("adopt", &self.server, "ancestors"))?;
        *self.adopted() = Adopted {
            incarnation: position.incarnation,
            ancestors: lineage.clone(),
        };
        Ok(Snapshot {
            position,
            lineage,
            open: open_records(open, position),
        })
    }

    /// A position as an answer names it.
    pub(crate) fn position(
        &self,
        operation: &'static str,
        inc: &str,
        number: u64,
    ) -> Result<Position> {
        let incarnation =
            incarnation(inc).ok_or_else(|| unexpected(operation, &self.server, "incarnation"))?;
        Ok(Position {
            incarnation,
            number,
        })
    }

    async fn adopt_in_time(&self, connection: &mut MultiplexedConnection) -> Result<()> {
        match tokio::time::timeout(CONNECT_TIMEOUT, self.adopt(connection, false)).await {
            Ok(adopted) => adopted.map(|_| ()),
            Err(_) => {
                let error = Error::new(ErrorKind::Timeout, "adopt", "no answer");
                Err(error.with("server", self.server()))
            }
        }
    }

    /// Whether the server may drop indexes to make room.
    #[allow(dead_code, reason = "for whoever decides when records are done")]
    pub(crate) fn index_may_vanish(&self) -> bool {
        self.index_may_vanish.load(Ordering::Relaxed)
    }

    /// Asks what the server does when its memory is full; one that does not tell
    /// is believed to drop nothing.
    pub(crate) async fn look_at_policy(&self, connection: &mut MultiplexedConnection) {
        let mut question = redis::cmd("CONFIG");
        question.arg("GET").arg("maxmemory*");
        let answer = question.query_async::<Vec<(String, String)>>(connection);
        let Ok(Ok(told)) = tokio::time::timeout(PING_TIMEOUT, answer).await else {
            return;
        };
        let setting = |name: &str| told.iter().find(|(told, _)| told == name);
        let is_bounded = setting("maxmemory").is_some_and(|(_, bytes)| bytes != "0");
        let policy = setting("maxmemory-policy").map_or("noeviction", |(_, policy)| policy);
        // All names of ours expire, so the volatile policies drop them too.
        let may_vanish = is_bounded && policy != "noeviction";
        if may_vanish && !self.index_may_vanish.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                server = self.server(),
                policy,
                "this Redis drops keys when its memory is full, indexes of tags and dependencies too: \
                 what they named may be served until it expires; use maxmemory-policy noeviction"
            );
        }
    }

    /// Turns an error of an operation into the framework's, and drops the
    /// connection if it is no good any more.
    pub(crate) fn fault(&self, operation: &'static str, error: redis::RedisError) -> Error {
        if error.is_unrecoverable_error() || error.is_io_error() || is_demoted(&error) {
            self.give_up();
        }
        failed(operation, &self.server, error)
    }

    /// As [`fault`](Self::fault), where many are told of one fault, each in its own time:
    /// the connection that was made since by the first of them is left alone.
    pub(crate) fn fault_over(
        &self,
        open: &Open,
        operation: &'static str,
        error: redis::RedisError,
    ) -> Error {
        let current = self.current().clone();
        if current.is_some_and(|current| Arc::ptr_eq(&current.reads, &open.reads)) {
            return self.fault(operation, error);
        }
        failed(operation, &self.server, error)
    }

    /// Drops the connection: the next operation makes another.
    pub(crate) fn give_up(&self) {
        *self.current() = None;
    }

    /// Whether the server answers: over the connection that there is, else over
    /// a new one.
    pub(crate) async fn ping(&self) -> Result<()> {
        let present = self.current().clone();
        if let Some(mut connection) = present.map(|open| open.connection.clone()) {
            let unanswered = Unanswered(self);
            let command = redis::cmd("PING");
            let answer = command.query_async::<String>(&mut connection);
            if let Ok(Ok(_)) = tokio::time::timeout(PING_TIMEOUT, answer).await {
                unanswered.answered();
                return Ok(());
            }
        }
        // Adopting the journal is an answer too.
        self.connection().await?;
        Ok(())
    }

    fn current(&self) -> MutexGuard<'_, Option<Arc<Open>>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn adopted(&self) -> MutexGuard<'_, Adopted> {
        self.adopted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gives the connection up when it is dropped: also when a caller whose own
/// patience is shorter drops what was asked.
pub(crate) struct Unanswered<'a>(&'a Link);

impl<'a> Unanswered<'a> {
    pub(crate) fn of(link: &'a Link) -> Self {
        Self(link)
    }

    /// There was an answer.
    pub(crate) fn answered(self) {
        std::mem::forget(self);
    }
}

impl Drop for Unanswered<'_> {
    fn drop(&mut self) {
        self.0.give_up();
    }
}

/// A random number: hash states are seeded afresh by the system's randomness.
pub(crate) fn random() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(std::process::id())
}

#[cfg(all(test, unix))]
mod tests {
    use std::io;

    use cacheflow::Namespace;
    use cacheflow_testkit::RedisServer;
    use redis::Client;

    use super::*;

    #[tokio::test]
    async fn who_is_told_late_that_a_connection_broke_leaves_its_successor_alone() {
        let server = RedisServer::start().await;
        let client = Client::open(server.url()).unwrap();
        let names = Names::new(&Namespace::new("cacheflow:", "me"), 0);
        let link = Link::new(Topology::One(client), names);
        let broken = || io::Error::from(io::ErrorKind::BrokenPipe).into();
        let is_in_use = |open: &Open| {
            let current = link.current().clone();
            current.is_some_and(|current| Arc::ptr_eq(&current.reads, &open.reads))
        };

        let first = link.open().await.unwrap();
        let fault = link.fault_over(&first, "get", broken());
        assert_eq!(fault.kind(), ErrorKind::Unavailable);
        assert!(!is_in_use(&first), "it is broken");

        let second = link.open().await.unwrap();
        let fault = link.fault_over(&first, "get", broken());
        assert_eq!(fault.kind(), ErrorKind::Unavailable);
        assert!(is_in_use(&second), "nothing is wrong with it");
    }
}
