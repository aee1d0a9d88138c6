//! A place in the code that uses a cache: an attributed function.

use std::any::Any;
use std::fmt;
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::in_process::InProcess;
use super::shape::Shape;
use crate::cache::{CacheBuilder, CacheValue, Core, validator};
use crate::codec::{Codec, Compression};
use crate::config::{CacheConfig, Said};
use crate::error::{Error, ErrorKind, Result};
use crate::flow::{CacheFlow, Place, installed};
use crate::key::CacheName;
use crate::strategy::{Strategy, Validator};

/// What one attributed function knows of its cache. All instances of a generic
/// function share a site.
#[derive(Debug)]
pub struct Site {
    /// The name that the user chose.
    name: Option<&'static str>,
    /// How the cache keeps values; as usual if the user has not said it.
    keeping: Option<fn(Keeping) -> Keeping>,
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
    /// How long the call keeps what it loads; as its cache does if nothing.
    pub(super) ttl: Option<Duration>,
    /// Whether the cache has a say in the call.
    pub(super) when: bool,
    /// Whether it loads whatever is there.
    pub(super) reloads: bool,
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
            keeping: None,
            global: OnceLock::new(),
            warned: AtomicBool::new(false),
        }
    }

    /// With a cache that keeps values so, which is asked when a flow's cache is built.
    #[must_use]
    pub const fn with(mut self, keeping: fn(Keeping) -> Keeping) -> Self {
        self.keeping = Some(keeping);
        self
    }

    /// The instance whose path is `path`.
    #[inline]
    #[must_use]
    pub const fn at(&'static self, path: &'static str) -> At {
        At {
            site: self,
            path,
            ttl: None,
            when: true,
            reloads: false,
        }
    }
}

/// How an attribute says that its function's cache keeps values.
#[derive(Default)]
pub struct Keeping {
    said: Said<CacheConfig>,
    validate: Option<Validate>,
}

/// A validator of values of a type that only the cache knows, as it is and for what
/// stays in its process.
struct Validate {
    plain: Box<dyn Any>,
    in_process: Box<dyn Any>,
    values: &'static str,
}

impl fmt::Debug for Keeping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keeping")
            .field("said", &self.said)
            .finish_non_exhaustive()
    }
}

impl Keeping {
    /// By this strategy.
    #[must_use]
    pub fn strategy(mut self, strategy: Strategy) -> Self {
        self.said
            .say(move |config| config.strategy = strategy.clone());
        self
    }

    /// In this process alone.
    #[must_use]
    pub fn in_process(mut self) -> Self {
        self.said.say(move |config| config.in_process = true);
        self
    }

    /// Written so.
    #[must_use]
    pub fn codec(mut self, codec: Codec) -> Self {
        self.said
            .say(move |config| config.bytes.codec = Some(codec.clone()));
        self
    }

    /// Compressed where they are longer than this.
    #[must_use]
    pub fn compress(mut self, above: usize) -> Self {
        self.said
            .say(move |config| config.bytes.compress_above = Some(above));
        self
    }

    /// Never compressed.
    #[must_use]
    pub fn uncompressed(mut self) -> Self {
        self.said
            .say(move |config| config.bytes.compression = Some(Compression::none()));
        self
    }

    /// Under this version of their type.
    #[must_use]
    pub fn schema_version(mut self, version: u32) -> Self {
        self.said
            .say(move |config| config.bytes.schema_version = Some(version));
        self
    }

    /// Also that there is no value.
    #[must_use]
    pub fn cache_none(mut self, ttl: Duration) -> Self {
        self.said
            .say(move |config| config.loading.none_ttl = Some(ttl));
        self
    }

    /// No longer than this.
    #[must_use]
    pub fn max_ttl(mut self, max_ttl: Duration) -> Self {
        self.said.say(move |config| config.max_ttl = Some(max_ttl));
        self
    }

    /// Sealed, or in this process.
    #[must_use]
    pub fn sensitive(mut self) -> Self {
        self.said.say(|config| config.sensitive = true);
        self
    }

    /// Only those that `validate` has nothing against.
    #[must_use]
    pub fn validate<T: 'static, E: fmt::Display>(
        mut self,
        validate: impl Fn(&T) -> std::result::Result<(), E> + Send + Sync + 'static,
    ) -> Self {
        let plain: Validator<T> = validator(validate);
        let inner = Arc::clone(&plain);
        let in_process: Validator<InProcess<T>> = Arc::new(move |it| inner(&it.0));
        self.validate = Some(Validate {
            plain: Box::new(plain),
            in_process: Box::new(in_process),
            values: std::any::type_name::<T>(),
        });
        self
    }

    /// Forgotten with what matches these.
    #[must_use]
    pub fn invalidation_patterns(mut self, patterns: &[&str]) -> Self {
        let patterns = patterns.iter().map(|pattern| (*pattern).to_owned());
        let patterns: Vec<_> = patterns.collect();
        self.said
            .say(move |config| config.invalidation_patterns.clone_from(&patterns));
        self
    }

    /// Also errors.
    #[must_use]
    pub fn cache_err(mut self, ttl: Duration) -> Self {
        self.said
            .say(move |config| config.loading.err_ttl = Some(ttl));
        self
    }
}

impl Validate {
    fn of<V: 'static>(self) -> Result<Validator<V>> {
        let validator = self.plain.downcast().or(self.in_process.downcast());
        validator.map(|it| *it).map_err(|_| {
            let (looks_at, values) = (self.values, std::any::type_name::<V>());
            let message = format!("validate looks at values of type {looks_at}, not {values}");
            Error::new(ErrorKind::TypeMismatch, "build", message)
        })
    }
}

/// The same shape: `validate` looks at what it gives.
#[inline]
pub fn validated<S: Shape, E>(shape: S, _: impl Fn(&S::Given) -> std::result::Result<(), E>) -> S {
    shape
}

impl At {
    /// What this call loads is kept so long.
    #[inline]
    #[must_use]
    pub const fn ttl(mut self, ttl: Duration) -> Self {
        self.ttl = Some(ttl);
        self
    }

    /// Without the cache, unless this is true.
    #[inline]
    #[must_use]
    pub const fn when(mut self, when: bool) -> Self {
        self.when = when;
        self
    }

    /// Loads whatever is there.
    #[inline]
    #[must_use]
    pub const fn reload(mut self) -> Self {
        self.reloads = true;
        self
    }

    /// The name of the cache.
    pub(super) fn name(self) -> Result<CacheName> {
        match self.site.name {
            Some(name) => CacheName::new(name)
                .map_err(|fault| Error::new(ErrorKind::InvalidConfig, "build", fault)),
            None => Ok(CacheName::of_path(&function_path(self.path))),
        }
    }

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
        match self.try_core(flow) {
            Ok(core) => Some(AnyCore::Shared(core)),
            Err(error) => {
                if !self.site.warned.swap(true, Ordering::Relaxed) {
                    tracing::warn!(%error, "an attributed function runs without its cache");
                }
                None
            }
        }
    }

    /// The same for those who can be told why there is none.
    pub(super) fn try_core<V: CacheValue>(self, flow: &CacheFlow) -> Result<Arc<Core<V>>> {
        if let Some(core) = flow.registry().at_place::<Core<V>>(self.place()) {
            return Ok(core);
        }
        let core = self.build(flow, &self.name()?)?;
        flow.registry()
            .keep_at_place(self.place(), Arc::clone(&core));
        if installed().is_some_and(|global| global.is(flow)) {
            // Taken already only by another instance of a generic function; this one
            // finds its cache in the registry.
            let _ = self.site.global.set(Kept {
                place: self.place(),
                core: Arc::clone(&core) as _,
            });
        }
        Ok(core)
    }

    fn build<V: CacheValue>(self, flow: &CacheFlow, name: &CacheName) -> Result<Arc<Core<V>>> {
        let builder = CacheBuilder::<(), V>::new(flow.clone(), name.as_str());
        let Some(keeping) = self.site.keeping else {
            return builder.core_named(name);
        };
        let Keeping { said, validate } = keeping(Keeping::default());
        let builder = builder.saying(said);
        match validate.map(Validate::of::<V>).transpose()? {
            Some(validator) => builder.validated(validator).core_named(name),
            None => builder.core_named(name),
        }
    }
}

/// The path of a function: that of a closure in it, or in what gives its place to its
/// companions.
fn function_path(closure: &str) -> String {
    let path = closure.trim_end_matches("::{{closure}}");
    path.replace("::__cacheflow_at_", "::")
        .replace("::__cacheflow_at", "")
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
