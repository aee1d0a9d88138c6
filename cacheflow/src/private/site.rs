//! A place in the code that uses a cache: an attributed function.

use std::any::Any;
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use crate::cache::{CacheBuilder, CacheValue, Core};
use crate::config::{CacheConfig, Faults};
use crate::error::Result;
use crate::flow::{CacheFlow, Place, installed};
use crate::key::CacheName;
use crate::strategy::Strategy;

/// What one attributed function knows of its cache. All instances of a generic
/// function share a site.
#[derive(Debug)]
pub struct Site {
    /// The name that the user chose.
    name: Option<&'static str>,
    /// How the cache works; as usual if the user has not said it.
    strategy: Option<fn() -> Strategy>,
    /// The first instance's cache in the global flow, which lives as long as
    /// the process.
    global: OnceLock<Kept>,
    warned: AtomicBool,
}

/// One instance of a site's function.
#[derive(Clone, Copy, Debug)]
pub struct At {
    site: &'static Site,
    /// The instance's path; nothing where the user chose a name.
    path: &'static str,
}

/// An instance's cache.
#[derive(Debug)]
struct Kept {
    place: Place,
    core: Arc<dyn Any + Send + Sync>,
}

impl Site {
    /// The site of a function with `cache = "…"`.
    #[must_use]
    pub const fn named(name: &'static str) -> Self {
        Self::new(Some(name))
    }

    /// The site of a function without: each instance's path names its cache.
    #[must_use]
    pub const fn own() -> Self {
        Self::new(None)
    }

    const fn new(name: Option<&'static str>) -> Self {
        Self {
            name,
            strategy: None,
            global: OnceLock::new(),
            warned: AtomicBool::new(false),
        }
    }

    /// With this strategy, which is made when a flow's cache is.
    #[must_use]
    pub const fn strategy(mut self, strategy: fn() -> Strategy) -> Self {
        self.strategy = Some(strategy);
        self
    }

    /// The instance whose path is `path`.
    #[inline]
    #[must_use]
    pub const fn at(&'static self, path: &'static str) -> At {
        At { site: self, path }
    }
}

impl At {
    /// The cache for values `V` in `flow`; `None`, with one warning, if there
    /// cannot be one: the function then runs as if it had no attribute.
    #[inline]
    pub(super) fn core<V: CacheValue>(self, flow: &CacheFlow) -> Option<AnyCore<V>> {
        if let Some(kept) = self.site.global.get()
            && kept.place == self.place()
            && installed().is_some_and(|global| global.is(flow))
            && let Some(core) = kept.core.downcast_ref()
        {
            return Some(AnyCore::Static(core));
        }
        self.look_up(flow)
    }

    #[inline]
    fn place(self) -> Place {
        Place {
            site: std::ptr::from_ref(self.site).addr(),
            path: self.path,
        }
    }

    fn look_up<V: CacheValue>(self, flow: &CacheFlow) -> Option<AnyCore<V>> {
        if let Some(core) = flow.registry().at_place::<Core<V>>(self.place()) {
            return Some(AnyCore::Shared(core));
        }
        let name = match self.site.name {
            Some(name) => CacheName::new(name).ok()?,
            None => CacheName::of_path(self.path.trim_end_matches("::{{closure}}")),
        };
        match self.build(flow, &name) {
            Ok(core) => {
                flow.registry()
                    .keep_at_place(self.place(), Arc::clone(&core));
                if installed().is_some_and(|global| global.is(flow)) {
                    // Taken already only by another instance of a generic
                    // function; this one finds its cache in the registry.
                    let _ = self.site.global.set(Kept {
                        place: self.place(),
                        core: Arc::clone(&core) as _,
                    });
                }
                Some(AnyCore::Shared(core))
            }
            Err(error) => {
                if !self.site.warned.swap(true, Ordering::Relaxed) {
                    tracing::warn!(%error, "an attributed function runs without its cache");
                }
                None
            }
        }
    }

    fn build<V: CacheValue>(self, flow: &CacheFlow, name: &CacheName) -> Result<Arc<Core<V>>> {
        let mut builder = CacheBuilder::<(), V>::new(flow.clone(), name.as_str());
        if let Some(strategy) = self.site.strategy {
            let strategy = strategy();
            let config = CacheConfig {
                strategy: strategy.clone(),
                ..CacheConfig::default()
            };
            let mut faults = Faults::default();
            config.check(&mut faults);
            faults.into_result("build")?;
            builder = builder.strategy(strategy);
        }
        builder.core_named(name)
    }
}

/// A cache's core, borrowed from its site or held.
pub(super) enum AnyCore<V: 'static> {
    Static(&'static Core<V>),
    Shared(Arc<Core<V>>),
}

impl<V> Deref for AnyCore<V> {
    type Target = Core<V>;

    #[inline]
    fn deref(&self) -> &Core<V> {
        match self {
            Self::Static(core) => core,
            Self::Shared(core) => core,
        }
    }
}
