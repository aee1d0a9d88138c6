//! Real `redis-server` processes that a test starts, breaks and looks into.
//!
//! A mock answers what its author believes; whether a lock survives a restart or
//! a client notices a server that merely stopped talking, only a server shows.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! use cacheflow_testkit::{RedisServer, Reply};
//!
//! let server = RedisServer::start().await;
//! server.command(&["SET", "greeting", "hello"]).await?;
//! assert_eq!(server.keys().await, ["greeting"]);
//!
//! server.restart().await; // The same port, nothing remembered.
//! assert_eq!(server.command(&["GET", "greeting"]).await?, Reply::Bulk(None));
//! # Ok(())
//! # }
//! ```
//!
//! | to a client, the server | call |
//! |---|---|
//! | refuses connections, has forgotten everything | [`kill`](RedisServer::kill), [`restart`](RedisServer::restart) |
//! | accepts connections and never answers | [`pause`](RedisServer::pause), [`resume`](RedisServer::resume) |
//! | is behind a bad network | [`FaultProxy`](crate::FaultProxy) |
//! | has a replica that lags, and takes over | [`Replicated`] |
//! | is found by asking somebody else, who fails it over | [`Sentinel`] |
//! | is one of several that share the keys | [`RedisCluster`] |
//!
//! # No server stays behind
//!
//! Dropping a [`RedisServer`] kills its process by its handle and waits for it.
//! But a test process that is killed, that aborts, or that keeps a server in a
//! `static` drops nothing. So a small `sh` waits beside each server, reading a
//! pipe whose other end only the test process has. When that process ends in
//! whatever way, the pipe ends, and the `sh` kills the server and deletes its
//! folder. The server itself is a direct child of the test process, so that
//! [`pid`](RedisServer::pid), kill and pause are about Redis and not about a
//! wrapper.
//!
//! # Ports
//!
//! The port belongs to the [`RedisServer`] from start to drop, also while its
//! process is killed: other tests, in this process or another, do not get it.
//! Programs that know nothing of this testkit are only kept out by the choice of
//! ports, below those that systems give out by themselves.

mod builder;
mod cluster;
mod inspect;
mod port;
mod process;
mod program;
mod replicated;
mod resp;
mod sentinel;
mod until;

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tempfile::TempDir;

pub use builder::RedisServerBuilder;
pub use cluster::{RedisCluster, RedisClusterBuilder};
use port::Port;
use process::Process;
pub use replicated::{Replicated, ReplicatedBuilder};
pub use resp::Reply;
pub use sentinel::Sentinel;

/// A bound against hanging, not an expectation; a start takes about 20 ms.
const START_WITHIN: Duration = Duration::from_secs(10);
const BETWEEN_LOOKS: Duration = Duration::from_millis(5);

/// A `redis-server` (or `valkey-server`) process of this test's own, on a free
/// port of 127.0.0.1, in a temporary folder, keeping nothing on disk.
///
/// Its methods take `&self`, so it can be shared; it is bound to no tokio runtime
/// and may live in a `static`. Dropping it ends the process and deletes the folder.
///
/// The program is the one that the environment variable `TESTKIT_REDIS_SERVER`
/// names, else the first `redis-server` or `valkey-server` on the `PATH`.
pub struct RedisServer {
    // Fields are dropped in this order: the process ends before its folder and
    // its port are given back.
    process: Mutex<Process>,
    folder: TempDir,
    port: Port,
    program: PathBuf,
    options: RedisServerBuilder,
}

impl RedisServer {
    /// Starts a server without password or special options; see
    /// [`RedisServerBuilder::start`].
    ///
    /// # Panics
    ///
    /// When there is no server program, or when it does not answer within ten
    /// seconds; the message has its log.
    pub async fn start() -> RedisServer {
        RedisServer::builder().start().await
    }

    /// Starts nothing yet: takes the options first.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use cacheflow_testkit::RedisServer;
    ///
    /// let server = RedisServer::builder()
    ///     .password("sesame")
    ///     .arg("--maxmemory", "16mb")
    ///     .start()
    ///     .await;
    /// assert!(server.url().starts_with("redis://:sesame@127.0.0.1:"));
    /// # }
    /// ```
    pub fn builder() -> RedisServerBuilder {
        RedisServerBuilder::default()
    }

    /// Starts nothing yet: takes the options of a cluster of so many primaries.
    ///
    /// # Panics
    ///
    /// When `primaries` is 0, or more than 100.
    pub fn cluster(primaries: usize) -> RedisClusterBuilder {
        RedisServer::builder().cluster(primaries)
    }

    /// `redis://127.0.0.1:PORT`, or `redis://:PASSWORD@127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        self.url_via(self.addr())
    }

    /// The URL of this server for a client that reaches it at another address,
    /// such as a [`FaultProxy`](crate::FaultProxy)'s.
    pub fn url_via(&self, addr: SocketAddr) -> String {
        match &self.options.password {
            Some(password) => format!("redis://:{}@{addr}", percent_encoded(password)),
            None => format!("redis://{addr}"),
        }
    }

    /// The port, the same from start to drop.
    pub fn port(&self) -> u16 {
        self.port.number()
    }

    /// 127.0.0.1 and the [`port`](Self::port).
    pub fn addr(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port()).into()
    }

    /// The process id of Redis itself, as last started.
    ///
    /// After [`kill`](Self::kill) the number may come to mean another process.
    pub fn pid(&self) -> u32 {
        self.process().pid()
    }

    /// Whether the process exists; one that is paused does.
    pub fn is_running(&self) -> bool {
        self.process().is_running()
    }

    /// Kills the process with SIGKILL, paused or not, and returns when it is gone:
    /// its connections are closed, its port refuses.
    ///
    /// Does nothing to a server that has ended.
    pub fn kill(&self) {
        self.process().kill();
    }

    /// Kills the process if need be, starts a new one on the same port with the
    /// same options, and waits until it answers.
    ///
    /// The new one remembers nothing, unless options had it keep its data on disk:
    /// the folder is the same.
    ///
    /// # Panics
    ///
    /// When it does not answer within ten seconds; the message has its log.
    pub async fn restart(&self) {
        let deadline = Instant::now() + START_WITHIN;
        loop {
            {
                let mut process = self.process();
                process.kill();
                *process = Self::spawn(&self.program, &self.folder, &self.port, &self.options);
            }
            match self.came_up(deadline).await {
                Ok(()) => return,
                // A passing stranger, at most: the port is ours.
                Err(NotUp::PortTaken) if Instant::now() < deadline => {
                    tokio::time::sleep(BETWEEN_LOOKS).await;
                }
                Err(why) => panic!("{}", self.explain(why)),
            }
        }
    }

    /// Stops the process with SIGSTOP and returns when it has stopped.
    ///
    /// Connections stay open and new ones are accepted, by the kernel; no command
    /// is answered until [`resume`](Self::resume). What is sent meanwhile is
    /// carried out then.
    ///
    /// # Panics
    ///
    /// When the process is not running.
    pub fn pause(&self) {
        self.process().pause();
    }

    /// Lets a [paused](Self::pause) process go on; does nothing to another.
    ///
    /// # Panics
    ///
    /// When the process is not running.
    pub fn resume(&self) {
        self.process().resume();
    }

    fn launch(options: RedisServerBuilder, program: PathBuf) -> RedisServer {
        let port = Port::claim();
        let folder = tempfile::Builder::new()
            .prefix("cacheflow-redis-")
            .tempdir()
            .expect("a temporary folder for redis-server");
        let process = Self::spawn(&program, &folder, &port, &options);
        RedisServer {
            process: Mutex::new(process),
            folder,
            port,
            program,
            options,
        }
    }

    fn spawn(
        program: &Path,
        folder: &TempDir,
        port: &Port,
        options: &RedisServerBuilder,
    ) -> Process {
        Process::spawn(
            program,
            folder.path(),
            port.number(),
            options.config_file(folder.path()).as_deref(),
            &options.command_line(),
        )
        .unwrap_or_else(|error| panic!("{} does not start: {error}", program.display()))
    }

    fn process(&self) -> MutexGuard<'_, Process> {
        // A test's panic must not keep the next call from cleaning up.
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn came_up(&self, deadline: Instant) -> Result<(), NotUp> {
        loop {
            if !self.is_running() {
                let taken = process::log_tells_port_taken(&self.log());
                return Err(if taken {
                    NotUp::PortTaken
                } else {
                    NotUp::Ended
                });
            }
            let left = deadline.saturating_duration_since(Instant::now());
            match tokio::time::timeout(left, self.answers()).await {
                Ok(Ok(true)) => return Ok(()),
                _ if Instant::now() >= deadline => return Err(NotUp::Silent),
                _ => tokio::time::sleep(BETWEEN_LOOKS).await,
            }
        }
    }

    /// Whether the process itself answers, and not a stranger on its port that
    /// it has not yet stumbled over.
    async fn answers(&self) -> io::Result<bool> {
        if self.command(&["PING"]).await? != Reply::Simple("PONG".to_owned()) {
            return Ok(false);
        }
        let info = self
            .command(&["INFO", "server"])
            .await?
            .text()
            .unwrap_or_default();
        let own = format!("process_id:{}", self.pid());
        Ok(info.lines().any(|line| line == own))
    }

    fn explain(&self, why: NotUp) -> String {
        let why = match why {
            NotUp::PortTaken => "found its port taken",
            NotUp::Ended => "ended at once",
            NotUp::Silent => "did not answer PING within ten seconds",
        };
        let program = self.program.display();
        format!(
            "{program} on port {} {why}; its log:\n{}",
            self.port(),
            self.log()
        )
    }
}

impl fmt::Debug for RedisServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisServer")
            .field("addr", &self.addr())
            .field("pid", &self.pid())
            .finish_non_exhaustive()
    }
}

/// Why a server is not up.
enum NotUp {
    PortTaken,
    Ended,
    Silent,
}

/// For the password's place in a URL.
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(byte.into());
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}
