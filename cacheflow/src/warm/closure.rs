//! Caches that know how they are warmed: options of their builder.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use super::pour::Sink;
use super::run::Run;
use super::{CacheWarmer, Pairs, WarmPage, WarmPlan, WarmReport, Warming};
use crate::cache::{CacheBuilder, CacheValue};
use crate::error::BoxError;
use crate::flow::CacheFlow;
use crate::key::CacheKey;
use crate::strategy::Given;

impl<K: 'static, V: CacheValue> CacheBuilder<K, V> {
    /// How the cache is warmed: `source` sends what it is to keep. By itself that does nothing:
    /// say when ([`warm_on_startup`](Self::warm_on_startup),
    /// [`warming_interval`](Self::warming_interval), `warming_cron`), or
    /// [ask for it](CacheFlow::warm). Given to the first handle of a cache.
    ///
    /// ```
    /// # use cacheflow::{BoxError, CacheFlow, Cache, Pairs};
    /// # #[derive(Clone)] struct Db;
    /// # impl Db { fn stream_users(&self) -> std::vec::IntoIter<(u64, String)> { vec![(7, "Ada".to_owned())].into_iter() } }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let flow = CacheFlow::builder().build().await?;
    /// # let db = Db;
    /// let users: Cache<u64, String> = flow
    ///     .cache("users")
    ///     .warm_with(move |mut pairs: Pairs<u64, String>| {
    ///         let db = db.clone();
    ///         async move {
    ///             for (id, name) in db.stream_users() {
    ///                 pairs.send(&id, name).await;
    ///             }
    ///             Ok::<_, BoxError>(())
    ///         }
    ///     })
    ///     .build()?;
    /// let warmed = flow.warm("users").await?;
    /// assert_eq!(warmed[0].items_warmed, 1);
    /// assert_eq!(users.get(&7).await.as_deref(), Some("Ada"));
    /// # Ok(()) }
    /// ```
    ///
    /// Not together with [`write_behind`](crate::Strategy::write_behind): the source would have older values
    /// than the cache.
    pub fn warm_with<F, Fut, E>(self, source: F) -> Self
    where
        F: Fn(Pairs<K, V>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<BoxError>,
    {
        let source = move |pairs| -> Sending {
            let sending = source(pairs);
            Box::pin(async move { sending.await.map_err(E::into) })
        };
        let source: Source<K, V> = Arc::new(source);
        self.when_built(Arc::new(move |flow, core| {
            let own = Own {
                sink: Sink {
                    core: Arc::clone(core),
                    policy: Arc::clone(&core.policy),
                    given: Given::default(),
                },
                source: Arc::clone(&source),
            };
            flow.storeys().of::<Warming>().register_own(Arc::new(own));
        }))
    }

    /// As [`warm_with`](Self::warm_with), from a function that gives all at once: a map, a list of
    /// keys and values.
    ///
    /// ```
    /// # use cacheflow::{Cache, CacheFlow};
    /// # use std::collections::HashMap;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let flow = CacheFlow::builder().build().await?;
    /// let rates: Cache<String, f64> = flow
    ///     .cache("rates")
    ///     .warm_from(|| async { Ok::<_, std::io::Error>(HashMap::from([("EUR".to_owned(), 1.08)])) })
    ///     .build()?;
    /// flow.warm("rates").await?;
    /// assert_eq!(rates.get("EUR").await, Some(1.08));
    /// # Ok(()) }
    /// ```
    pub fn warm_from<F, Fut, I, E>(self, all: F) -> Self
    where
        K: CacheKey + Send + Sync,
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<I, E>> + Send + 'static,
        I: IntoIterator<Item = (K, V), IntoIter: Send> + Send,
        E: Into<BoxError> + Send,
    {
        self.warm_with(move |mut pairs| {
            let all = all();
            async move {
                for (key, value) in all.await? {
                    pairs.send(&key, value).await;
                }
                Ok::<_, E>(())
            }
        })
    }

    /// As [`warm_with`](Self::warm_with), from a source that is read page by page: `load` is given where a
    /// page begins, which the page before has said; nothing for the first. The way to warm from a
    /// large table that others change meanwhile: see [`Pairs`].
    ///
    /// ```
    /// # use cacheflow::{Cache, CacheFlow, WarmPage};
    /// # async fn rows_after(after: u64) -> Result<Vec<(u64, String)>, std::io::Error> {
    /// #     Ok((after + 1..=25).take(10).map(|id| (id, format!("row {id}"))).collect())
    /// # }
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let flow = CacheFlow::builder().build().await?;
    /// let rows: Cache<u64, String> = flow
    ///     .cache("rows")
    ///     .warm_pages(|after: Option<u64>| async move {
    ///         // select … where id > $1 order by id limit 10
    ///         let rows = rows_after(after.unwrap_or(0)).await?;
    ///         Ok::<_, std::io::Error>(match rows.last().map(|(id, _)| *id) {
    ///             Some(last) if rows.len() == 10 => WarmPage::then(rows, last),
    ///             _ => WarmPage::last(rows),
    ///         })
    ///     })
    ///     .build()?;
    /// assert_eq!(flow.warm("rows").await?[0].items_warmed, 25);
    /// # Ok(()) }
    /// ```
    pub fn warm_pages<C, F, Fut, E>(self, load: F) -> Self
    where
        K: CacheKey + Send + Sync,
        C: Send + 'static,
        F: Fn(Option<C>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<WarmPage<K, V, C>, E>> + Send + 'static,
        E: Into<BoxError> + Send,
    {
        let load = Arc::new(load);
        self.warm_with(move |pairs| {
            let load = Arc::clone(&load);
            async move { WarmPage::send_all(|from| load(from), pairs).await }
        })
    }

    /// Warms the cache when it is built: in the background, at once. The options of when it is warmed are
    /// for its own source, and for the flow's [warmers](CacheWarmer) that name the cache; without
    /// either a warning is told. In a tokio runtime.
    pub fn warm_on_startup(self) -> Self {
        self.set(move |config| config.warming.on_startup = true)
    }

    /// Warms the cache again and again in this interval; 1 ms to 366 days.
    pub fn warming_interval(self, interval: Duration) -> Self {
        self.set(move |config| config.warming.every = Some(interval))
    }

    /// Warms the cache at the times of a table as cron has them, in UTC: see `WarmPlan::cron`.
    #[cfg(feature = "cron")]
    pub fn warming_cron(self, table: impl Into<String>) -> Self {
        let table = Some(table.into());
        self.set(move |config| config.warming.cron.clone_from(&table))
    }

    /// Whether each node warms the cache, instead of one for all: for what each node's memory is to
    /// have.
    pub fn warm_per_node(self, per_node: bool) -> Self {
        self.set(move |config| config.warming.per_node = per_node)
    }

    /// How long a warming of the cache may take; 1 ms to 366 days, by default 10 min.
    pub fn warming_timeout(self, timeout: Duration) -> Self {
        self.set(move |config| config.warming.timeout = timeout)
    }
}

type Sending = Pin<Box<dyn Future<Output = Result<(), BoxError>> + Send>>;
type Source<K, V> = Arc<dyn Fn(Pairs<K, V>) -> Sending + Send + Sync>;

/// A cache's own warmer. It has the cache and not its handle, which would keep the flow
/// alive that keeps this.
struct Own<K, V: CacheValue> {
    sink: Sink<V>,
    source: Source<K, V>,
}

#[async_trait::async_trait]
impl<K: 'static, V: CacheValue> CacheWarmer for Own<K, V> {
    fn name(&self) -> &str {
        self.sink.core.name.as_str()
    }

    fn caches(&self) -> Vec<String> {
        vec![self.name().to_owned()]
    }

    fn plan(&self) -> WarmPlan {
        WarmPlan::from(&self.sink.core.config().warming)
    }

    async fn warm(&self, flow: &CacheFlow) -> Result<WarmReport, BoxError> {
        let run = Run::present().unwrap_or_else(|| {
            let progress = flow.storeys().of::<Warming>().progress();
            Run::new(self.name(), progress)
        });
        self.sink.pour(&run, &*self.source).await
    }
}
