//! Configuration of a flow that works already.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::time::Duration;

use super::{CacheFlow, Inner};
use crate::config::{CacheConfig, CacheFlowConfig, Faults, FlowConfig};
use crate::error::{Error, ErrorKind, Result};
use crate::event::Event;

/// What became of a new configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reconfigured {
    /// The options that hold from here on, and what held before: `caches.users: ttl = 60s,
    /// not 300s`.
    pub changed: Vec<String>,
    /// The options that would hold after a restart, and what holds until then.
    pub needs_restart: Vec<String>,
}

/// A file that is looked at again and again.
#[derive(Clone, Debug)]
pub(super) struct Watched {
    pub(super) path: PathBuf,
    pub(super) every: Duration,
}

impl CacheFlow {
    /// Goes by another configuration from here on. What code says of an option, in a
    /// builder or an attribute, wins as ever.
    ///
    /// What can change while caches work does: `enabled`, `ttl` and `ttl_jitter`,
    /// `cache_none` and `cache_err` (of a cache that keeps one of them already, or
    /// refreshes ahead), `compression`, its level and threshold, `write_timeout`,
    /// `outlive_dependencies`, and when a cache that refreshes ahead does. What is kept
    /// keeps the lifetime that it was kept with. All others are told, and need a restart;
    /// caches that are built after this have them from the beginning.
    ///
    /// ```
    /// # use cacheflow::{Cache, CacheFlow, CacheFlowConfig};
    /// # use std::time::Duration;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let flow = CacheFlow::builder().build().await?;
    /// let users: Cache<u64, String> = flow.cache("users").build()?;
    ///
    /// let mut config = CacheFlowConfig::default();
    /// config.defaults.ttl = Some(Duration::from_secs(60));
    /// let done = flow.reconfigure(&config)?;
    /// assert_eq!(done.changed, ["caches.users: ttl = 60s, not 300s"]);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidConfig`](crate::ErrorKind::InvalidConfig), naming all that is wrong;
    /// nothing is changed then.
    pub fn reconfigure(&self, config: &CacheFlowConfig) -> Result<Reconfigured> {
        let done = self.0.reconfigure(config)?;
        if done != Reconfigured::default() {
            let Reconfigured {
                changed,
                needs_restart,
            } = &done;
            self.0.events.tell(|| Event::Reconfigured {
                changed: changed.as_slice().into(),
                needs_restart: needs_restart.as_slice().into(),
            });
        }
        Ok(done)
    }

    /// The caches that configuration has options for, by their names, and that nobody has
    /// built in this flow: misspelt there, or not used yet.
    #[must_use]
    pub fn unbuilt_caches(&self) -> Vec<String> {
        let config = self.0.configuration.get();
        let built = |declared: &&String| {
            let registry = &self.0.registry;
            registry.any(|name| config.is_meant(declared, name.as_str()))
        };
        config
            .declared()
            .filter(|name| !built(name))
            .cloned()
            .collect()
    }

    /// What configuration says of a cache, before code does.
    pub(crate) fn cache_config(&self, name: &str) -> CacheConfig {
        of_cache(&self.0.configuration.get(), name, &mut Faults::default())
    }

    /// Whether anything is cached.
    pub(crate) fn is_enabled(&self) -> bool {
        self.0.present.get().enabled
    }

    /// How values are written at present, unless a cache says otherwise.
    pub(crate) fn present(&self) -> Arc<FlowConfig> {
        self.0.present.kept()
    }

    /// Looks at the file again and again, until the flow is gone.
    pub(super) fn watch(&self, watched: Watched, first: Option<Vec<u8>>, under: CacheFlowConfig) {
        let flow = Arc::downgrade(&self.0);
        self.0.background.spawn_idle(async move {
            let mut seen = first;
            loop {
                tokio::time::sleep(watched.every).await;
                let path = watched.path.clone();
                let bytes = tokio::task::spawn_blocking(move || std::fs::read(path).ok());
                let Ok(bytes) = bytes.await else { return };
                if bytes == seen {
                    continue;
                }
                let Some(flow) = Weak::upgrade(&flow).map(Self) else {
                    return;
                };
                flow.reread(&watched.path, bytes.as_deref(), &under);
                seen = bytes;
            }
        });
    }

    fn reread(&self, path: &Path, bytes: Option<&[u8]>, under: &CacheFlowConfig) {
        let config = watched_config(path, bytes, under);
        let done = config.and_then(|config| self.reconfigure(&config));
        match done {
            Ok(done) if done == Reconfigured::default() => {}
            Ok(done) => tracing::info!(
                path = %path.display(),
                changed = ?done.changed,
                needs_restart = ?done.needs_restart,
                "configuration has changed"
            ),
            Err(error) => {
                tracing::warn!(%error, "configuration cannot be used, and stays what it was");
                let error = error.to_string();
                self.0.events.tell(|| Event::ConfigRejected {
                    error: error.into(),
                });
            }
        }
    }
}

impl Inner {
    fn reconfigure(&self, config: &CacheFlowConfig) -> Result<Reconfigured> {
        let mut faults = Faults::default();
        config.check(&mut faults);
        let wanted = config.flow_config(&mut Faults::default()).under(&self.said);
        wanted.check(&mut faults);
        self.registry.configure(|caches| {
            let before = self.present.get();
            let flow = before.changed_to(&wanted);
            let mut plans = Vec::new();
            for (name, cache) in caches {
                let mut own = Faults::default();
                let new = cache.under(&of_cache(config, name.as_str(), &mut own));
                new.check(&mut own);
                if let Err(fault) = new.bytes.within(&flow.bytes) {
                    own.add(fault);
                }
                let own = own.into_list();
                let is_of_all = |fault: &&String| faults.has(&format!("defaults: {fault}"));
                let own: Vec<_> = own.iter().filter(|fault| !is_of_all(fault)).collect();
                faults.add_of(&format!("caches.{name}"), own);
                plans.push((name, cache, new));
            }
            faults.into_result("reconfigure")?;

            let mut done = Reconfigured {
                changed: flow.differences(&before),
                needs_restart: wanted.differences(&flow),
            };
            for (name, cache, new) in plans {
                let old = cache.config();
                let now = cache.changed_to(&new);
                let of_it = |line: String| format!("caches.{name}: {line}");
                done.changed
                    .extend(now.differences(&old).into_iter().map(of_it));
                done.needs_restart
                    .extend(new.differences(&now).into_iter().map(of_it));
                cache.change(&new, &flow.bytes, flow.enabled);
            }
            self.present.set(flow);
            self.configuration.set(config.clone());
            Ok(done)
        })
    }
}

/// What configuration says of a cache.
fn of_cache(config: &CacheFlowConfig, name: &str, faults: &mut Faults) -> CacheConfig {
    let mut of_it = CacheConfig::default();
    config.cache(name).configure(&mut of_it, faults);
    of_it
}

/// What a watched file says, and variables over it, over what code gave.
pub(super) fn watched_config(
    path: &Path,
    bytes: Option<&[u8]>,
    under: &CacheFlowConfig,
) -> Result<CacheFlowConfig> {
    let text = bytes.and_then(|bytes| std::str::from_utf8(bytes).ok());
    let Some(text) = text else {
        let fault = format!("{}: the file cannot be read", path.display());
        return Err(Error::new(ErrorKind::InvalidConfig, "config", fault));
    };
    let config = CacheFlowConfig::layered(Some((path, text)), std::env::vars_os())?;
    Ok(under.clone().under(&config))
}
