//! Redis Sentinel: servers that know which of several is the primary now.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cacheflow::{Error, ErrorKind, Result};
use redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, IntoConnectionInfo, RedisConnectionInfo,
    RedisResult,
};

use super::address;

/// How long one Sentinel may take to connect, and then to answer.
const PATIENCE: Duration = Duration::from_millis(500);

/// The Sentinels of one primary.
#[derive(Clone)]
pub(crate) struct Sentinels {
    clients: Vec<Client>,
    primary: String,
    /// For the servers that hold data; the Sentinels have their own.
    settings: RedisConnectionInfo,
    /// Which Sentinel is asked first.
    first: Arc<AtomicUsize>,
}

impl Sentinels {
    pub(crate) fn new(clients: Vec<Client>, primary: &str) -> Self {
        Self {
            clients,
            primary: primary.to_owned(),
            settings: RedisConnectionInfo::default(),
            first: Arc::default(),
        }
    }

    pub(crate) fn settings(&self) -> &RedisConnectionInfo {
        &self.settings
    }

    pub(crate) fn set(&mut self, change: impl FnOnce(RedisConnectionInfo) -> RedisConnectionInfo) {
        self.settings = change(self.settings.clone());
    }

    pub(crate) fn name(&self) -> String {
        let sentinels: Vec<_> = self.clients.iter().map(address).collect();
        format!("{} of sentinels {}", self.primary, sentinels.join(", "))
    }

    /// Asks one after the other where the primary is. Whether that server believes
    /// it too is seen when the journal is adopted there.
    pub(crate) async fn primary(&self) -> Result<Client> {
        let count = self.clients.len();
        let mut last = None;
        for _ in 0..count {
            let at = self.first.load(Ordering::Relaxed) % count;
            // Before the question: whoever asks may lose patience with a Sentinel
            // that is silent, and must not begin with it again.
            self.first.store((at + 1) % count, Ordering::Relaxed);
            match self.ask(&self.clients[at]).await {
                Ok(Some((host, port))) => {
                    self.first.store(at, Ordering::Relaxed);
                    return self.at(host, port);
                }
                Ok(None) => {}
                Err(error) => last = Some(error),
            }
        }
        let error = Error::new(
            ErrorKind::Unavailable,
            "connect",
            "no sentinel tells where the primary is",
        )
        .with("server", self.name());
        Err(match last {
            Some(cause) => error.because(cause),
            None => error,
        })
    }

    async fn ask(&self, sentinel: &Client) -> RedisResult<Option<(String, u16)>> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE));
        let mut connection = sentinel
            .get_multiplexed_async_connection_with_config(&config)
            .await?;
        redis::cmd("SENTINEL")
            .arg("get-master-addr-by-name")
            .arg(&self.primary)
            .query_async(&mut connection)
            .await
    }

    fn at(&self, host: String, port: u16) -> Result<Client> {
        let wrong = |error: redis::RedisError| {
            Error::new(ErrorKind::Unavailable, "connect", "no address of a primary")
                .with("server", self.name())
                .because(error)
        };
        let info = ConnectionAddr::Tcp(host, port)
            .into_connection_info()
            .map_err(wrong)?
            .set_redis_settings(self.settings.clone());
        Client::open(info).map_err(wrong)
    }
}
