//! A backend as configuration has it.

use cacheflow::config::Secret;
use cacheflow::{CacheFlowConfig, Result};

use crate::backend::RedisBackend;

impl RedisBackend {
    /// The backend that `config` describes, in its tables `redis` and `bus`; `None` if no
    /// URL stands there.
    ///
    /// ```no_run
    /// use cacheflow::{CacheFlow, CacheFlowConfig};
    /// use cacheflow_redis::RedisBackend;
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> cacheflow::Result<()> {
    /// let config = CacheFlowConfig::load()?;
    /// let mut builder = CacheFlow::builder();
    /// if let Some(redis) = RedisBackend::from_config(&config)? {
    ///     builder = builder.backend(redis);
    /// }
    /// let flow = builder.config(config).build().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// | option | what |
    /// |---|---|
    /// | `redis.urls` | [`open`](Self::open)'s URL, or those of [`sentinel`](Self::sentinel) or [`cluster`](Self::cluster) |
    /// | `redis.topology` | which of the three |
    /// | `redis.primary` | as what the Sentinels know the primary |
    /// | `redis.username`, `redis.password`, `redis.database` | [`username`](Self::username), [`password`](Self::password), [`database`](Self::database), in place of the URL's |
    /// | `bus.kind` | `stream` is [`stream_only`](Self::stream_only) |
    ///
    /// # Errors
    ///
    /// [`InvalidConfig`](cacheflow::ErrorKind::InvalidConfig), as
    /// [`validate`](CacheFlowConfig::validate), or if a URL cannot be read. No error shows
    /// a password.
    pub fn from_config(config: &CacheFlowConfig) -> Result<Option<Self>> {
        config.validate()?;
        let (redis, bus) = (&config.redis, &config.bus);
        let urls: Vec<&str> = redis.urls.iter().flatten().map(Secret::expose).collect();
        let [first, ..] = urls[..] else {
            return Ok(None);
        };
        let mut backend = match redis.topology.as_deref() {
            Some("sentinel") => Self::sentinel(urls, redis.primary.as_deref().unwrap_or_default())?,
            Some("cluster") => Self::cluster(urls)?,
            _ => Self::open(first)?,
        };
        if let Some(username) = &redis.username {
            backend = backend.username(username);
        }
        if let Some(password) = &redis.password {
            backend = backend.password(password.expose());
        }
        if let Some(database) = redis.database {
            backend = backend.database(database.into());
        }
        match bus.kind.as_deref() {
            Some("stream") => Ok(Some(backend.stream_only())),
            _ => Ok(Some(backend)),
        }
    }
}
