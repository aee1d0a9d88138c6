//! What a server is started with.

use std::fmt;
use std::time::Instant;

use super::{NotUp, RedisServer, START_WITHIN, program};

/// What a server is started with; see [`RedisServer::builder`].
#[derive(Clone, Default)]
pub struct RedisServerBuilder {
    pub(super) password: Option<String>,
    args: Vec<(String, String)>,
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

    /// The options as `redis-server` takes them; later ones override earlier.
    pub(super) fn command_line(&self) -> Vec<&str> {
        let mut line = vec!["--save", "", "--appendonly", "no"];
        if let Some(password) = &self.password {
            line.extend(["--requirepass", password]);
        }
        for (name, value) in &self.args {
            line.extend([name.as_str(), value]);
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
