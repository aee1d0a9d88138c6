//! The servers of a round, and the ways to them.

use std::path::PathBuf;

use cacheflow_testkit::{FaultProxy, RedisServer, Replicated, Reply};

use super::switch::Switch;

/// Before all names of the nodes.
const PREFIX: &str = "cacheflow:soak/";

/// What the nodes work on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Setting {
    /// One server, which writes down what it is told.
    Single,
    /// One that another follows, and that it takes the place of.
    Pair,
}

pub(crate) enum Redis {
    Single(RedisServer),
    Pair {
        pair: Box<Replicated>,
        switch: Switch,
    },
}

/// The ways of one node.
pub(crate) struct Ways {
    pub(crate) store: FaultProxy,
    pub(crate) bus: FaultProxy,
}

impl Ways {
    pub(crate) fn both(&self) -> [&FaultProxy; 2] {
        [&self.store, &self.bus]
    }
}

pub(crate) struct Servers {
    // The ways end before what they lead to.
    pub(crate) ways: Vec<Ways>,
    pub(crate) redis: Redis,
    /// A server's, which goes with it, also when this process is killed.
    pub(crate) folder: PathBuf,
}

impl Servers {
    pub(crate) async fn start(setting: Setting, nodes: usize) -> Self {
        let redis = match setting {
            Setting::Single => {
                let options = RedisServer::builder().arg("--appendonly", "yes");
                Redis::Single(options.start().await)
            }
            Setting::Pair => {
                let pair = Box::new(Replicated::start().await);
                let switch = Switch::to(pair.primary().addr()).await;
                Redis::Pair { pair, switch }
            }
        };
        let folder = match &redis {
            Redis::Single(server) => folder(server).await,
            Redis::Pair { pair, .. } => folder(pair.primary()).await,
        };
        let upstream = match &redis {
            Redis::Single(server) => server.addr(),
            Redis::Pair { switch, .. } => switch.addr,
        };
        let mut ways = Vec::new();
        for _ in 0..nodes {
            ways.push(Ways {
                store: FaultProxy::start(upstream).await,
                bus: FaultProxy::start(upstream).await,
            });
        }
        Self {
            ways,
            redis,
            folder,
        }
    }

    pub(crate) fn server(&self) -> &RedisServer {
        match &self.redis {
            Redis::Single(server) => server,
            Redis::Pair { pair, .. } => pair.primary(),
        }
    }

    /// All ways of all nodes.
    pub(crate) fn all_ways(&self) -> impl Iterator<Item = &FaultProxy> {
        self.ways.iter().flat_map(Ways::both)
    }

    /// Does something to the server that others do to servers; what it answers is
    /// of no interest.
    pub(crate) async fn command(&self, words: &[&str]) {
        let reply = self.server().command(words).await;
        if !matches!(&reply, Ok(reply) if !matches!(reply, Reply::Error(_))) {
            println!("  {words:?} answered {reply:?}");
        }
    }

    /// A name of the journal.
    pub(crate) fn name(of: &str) -> String {
        format!("{PREFIX}{of}")
    }

    /// Kills the server if it lives, makes it lose what it has written down, if so
    /// wanted, and starts it.
    pub(crate) async fn restart(&self, empty: bool) {
        if let Redis::Single(server) = &self.redis {
            server.kill();
            if empty {
                let _ = std::fs::remove_dir_all(self.folder.join("appendonlydir"));
                let _ = std::fs::remove_file(self.folder.join("appendonly.aof"));
            }
            server.restart().await;
        }
    }
}

async fn folder(server: &RedisServer) -> PathBuf {
    match server.command(&["CONFIG", "GET", "dir"]).await {
        Ok(Reply::Array(answer)) => answer
            .get(1)
            .and_then(Reply::text)
            .map(PathBuf::from)
            .expect("a folder"),
        other => panic!("CONFIG GET answered {other:?}"),
    }
}
