//! A place in the code that uses a cache: an attributed function.

use std::any::Any;
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use crate::cache::{CacheBuilder, CacheValue, Core};
use crate::flow::{CacheFlow, installed};
use crate::key::CacheName;

/// What one attributed function knows of its cache.
#[derive(Debug)]
pub struct Site {
    name: Name,
    /// Whether the function has type parameters, which its values' type may
    /// depend on: each type of values then has a cache of its own.
    generic: bool,
    /// The cache in the global flow, which lives as long as the process.
    global: OnceLock<Arc<dyn Any + Send + Sync>>,
    warned: AtomicBool,
}

#[derive(Debug)]
enum Name {
    Named(&'static str),
    At(&'static str),
}

impl Site {
    /// The site of a function with `cache = "…"`.
    #[must_use]
    pub const fn named(name: &'static str) -> Self {
        Self::new(Name::Named(name), false)
    }

    /// The site of a function without: its path names the cache.
    #[must_use]
    pub const fn at(path: &'static str) -> Self {
        Self::new(Name::At(path), false)
    }

    /// The site of a function with type parameters and without a name.
    #[must_use]
    pub const fn generic_at(path: &'static str) -> Self {
        Self::new(Name::At(path), true)
    }

    const fn new(name: Name, generic: bool) -> Self {
        Self {
            name,
            generic,
            global: OnceLock::new(),
            warned: AtomicBool::new(false),
        }
    }

    /// The cache for values `V` in `flow`; `None`, with one warning, if there
    /// cannot be one: the function then runs as if it had no attribute.
    #[inline]
    pub(super) fn core<V: CacheValue>(&'static self, flow: &CacheFlow) -> Option<AnyCore<V>> {
        if installed().is_some_and(|global| global.is(flow)) {
            let kept = self.global.get().and_then(|kept| kept.downcast_ref());
            if let Some(core) = kept {
                return Some(AnyCore::Static(core));
            }
        }
        self.look_up(flow)
    }

    fn look_up<V: CacheValue>(&'static self, flow: &CacheFlow) -> Option<AnyCore<V>> {
        let address = std::ptr::from_ref(self).addr();
        if let Some(core) = flow.registry().at_site::<Core<V>>(address) {
            return Some(AnyCore::Shared(core));
        }
        let name = match self.name {
            Name::Named(name) => CacheName::new(name).ok()?,
            Name::At(path) if self.generic => {
                CacheName::of_path(&format!("{path}<{}>", std::any::type_name::<V>()))
            }
            Name::At(path) => CacheName::of_path(path),
        };
        let builder = CacheBuilder::<(), V>::new(flow.clone(), name.as_str());
        match builder.core_named(&name) {
            Ok(core) => {
                flow.registry().keep_at_site(address, Arc::clone(&core));
                if installed().is_some_and(|global| global.is(flow)) {
                    // Taken already only by another instance of a generic
                    // function, which then finds its cache in the registry.
                    let _ = self.global.set(Arc::clone(&core) as _);
                }
                Some(AnyCore::Shared(core))
            }
            Err(error) => {
                if !self.warned.swap(true, Ordering::Relaxed) {
                    tracing::warn!(%error, "an attributed function runs without its cache");
                }
                None
            }
        }
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
