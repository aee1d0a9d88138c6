//! What a server is started with.

use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::{NotUp, RedisClusterBuilder, RedisServer, ReplicatedBuilder, START_WITHIN, program};

/// What a server is started with; see [`RedisServer::builder`].
#[derive(Clone, Default)]
pub struct RedisServerBuilder {
    pub(super) password: Option<String>,
    args: Vec<(String, String)>,
    sentinel: bool,
}

impl RedisServerBuilder {
    /// Demands this password (`requirepass`) of every connection.
    ///
    /// [`url`](RedisServer::url) and [`command`](RedisServer::command) then carry
    /// it. It stands in the process list for all to read: no real one, please.
    pub fn password(mut self, password: impl Into<String>) -> Self {
        self.password = Some(password.into());
        self
    }

    /// Adds an option of `redis.conf`, as on the command line:
    /// `.arg("--maxmemory", "1mb")`.
    ///
    /// A later one overrides an earlier, and the harness's own `--save ""` and
    /// `--appendonly no`. Do not change port, address, folder or password this way;
    /// the start would wait for a server elsewhere.
    pub fn arg(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.args.push((name.into(), value.into()));
        self
    }

    /// Makes two servers of these options, of which one follows the other.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use cacheflow_testkit::RedisServer;
    ///
    /// let pair = RedisServer::builder().password("sesame").with_replica().start().await;
    /// assert!(pair.replica().url().starts_with("redis://:sesame@127.0.0.1:"));
    /// # }
    /// ```
    pub fn with_replica(self) -> ReplicatedBuilder {
        ReplicatedBuilder::new(self)
    }

    /// Makes a cluster of so many primaries of these options.
    ///
    /// # Panics
    ///
    /// When `primaries` is 0, or more than 100.
    pub fn cluster(self, primaries: usize) -> RedisClusterBuilder {
        RedisClusterBuilder::new(self, primaries)
    }

    /// Starts the server and waits until it answers.
    ///
    /// # Panics
    ///
    /// When there is no server program, when it does not start with these options,
    /// or when it does not answer within ten seconds; the message has its log.
    ///
    /// # Cancellation
    ///
    /// Dropping the future ends the process.
    pub async fn start(self) -> RedisServer {
        let program = program::find().unwrap_or_else(|message| panic!("{message}"));
        let deadline = Instant::now() + START_WITHIN;
        loop {
            let server = RedisServer::launch(self.clone(), program.clone());
            match server.came_up(deadline).await {
                Ok(()) => return server,
                // Somebody outside the testkit was faster; take another port.
                Err(NotUp::PortTaken) if Instant::now() < deadline => {}
                Err(why) => panic!("{}", server.explain(why)),
            }
        }
    }

    /// The password with which servers of these options speak to each other.
    pub(super) fn known_to_each_other(self) -> Self {
        match self.password.clone() {
            Some(password) => self.arg("--masterauth", password),
            None => self,
        }
    }

    /// Adds options that those given already override.
    pub(super) fn before<const N: usize>(mut self, options: [(&str, &str); N]) -> Self {
        let options = options.map(|(name, value)| (name.to_owned(), value.to_owned()));
        self.args.splice(..0, options);
        self
    }

    /// Makes the program a Sentinel instead of a server.
    pub(super) fn sentinel() -> Self {
        RedisServerBuilder {
            sentinel: true,
            ..RedisServerBuilder::default()
        }
    }

    /// A Sentinel keeps its memory in the file that it is started with, and demands
    /// one; what stands there already is left.
    pub(super) fn config_file(&self, folder: &Path) -> Option<PathBuf> {
        self.sentinel.then(|| {
            let file = folder.join("sentinel.conf");
            File::options()
                .append(true)
                .create(true)
                .open(&file)
                .expect("a file in the Sentinel's folder");
            file
        })
    }

    /// The options as `redis-server` takes them; later ones override earlier.
    pub(super) fn command_line(&self) -> Vec<&str> {
        let mut line = vec!["--save", "", "--appendonly", "no"];
        if let Some(password) = &self.password {
            line.extend(["--requirepass", password]);
        }
        for (name, value) in &self.args {
            line.extend([name.as_str(), value]);
        }
        if self.sentinel {
            line.push("--sentinel");
        }
        line
    }
}

impl fmt::Debug for RedisServerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisServerBuilder")
            .field("args", &self.args)
            .finish_non_exhaustive()
    }
}
