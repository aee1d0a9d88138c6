//! A call of an attributed function.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::shape::Shape;
use super::site::{AnyCore, At};
use crate::cache::{CacheValue, Core, Hit, Load, Reply, Terms};
use crate::config::SHORTEST;
use crate::error::Error;
use crate::flow::CacheFlow;
use crate::key::{Address, KeyBuf};
use crate::source::{LoadContext, Loaded};
use crate::strategy::Given;

/// Fixes the type that an attributed function's body returns.
#[inline]
pub fn returning<R, F: Future<Output = R>>(body: F) -> F {
    body
}

/// Begins a body that makes a future of its own. Its `return`s are its own.
#[inline]
pub fn begin<F: Future>(body: impl FnOnce() -> F) -> F {
    body()
}

/// Runs a body that is not asynchronous.
#[inline]
pub fn run<R, F: FnOnce() -> R>(body: F) -> R {
    body()
}

/// A call of an attributed function.
///
/// `body` is told what the attribute says of its value by saying it to the load.
///
/// The call itself finds a hit; its future is then ready and holds nothing but
/// the value. Were it found when the future is polled, all arguments would be
/// moved into it first and out of it again.
#[inline]
pub fn cached<S, F, Fut>(
    shape: S,
    site: At,
    flow: &CacheFlow,
    key: &mut KeyBuf,
    body: F,
) -> impl Future<Output = S::Return>
where
    S: Shape,
    S::Value: CacheValue,
    F: FnOnce(&LoadContext<S::Value>) -> Fut,
    Fut: Future<Output = S::Return>,
{
    cached_with(shape, site, flow, key, body, None)
}

/// [`cached`] with a strategy whose parts can fail by themselves: `trouble` makes
/// what the function returns then.
#[inline]
pub fn cached_with<S, F, Fut>(
    shape: S,
    site: At,
    flow: &CacheFlow,
    key: &mut KeyBuf,
    body: F,
    trouble: Option<fn(Error) -> S::Return>,
) -> impl Future<Output = S::Return>
where
    S: Shape,
    S::Value: CacheValue,
    F: FnOnce(&LoadContext<S::Value>) -> Fut,
    Fut: Future<Output = S::Return>,
{
    let (core, hit) = lookup::<S>(site, flow, key);
    if let Some(Hit::Value(value)) = hit {
        return Call::<S, _>::Hit(Some(value));
    }
    // Boxed, so that the future of a hit stays small.
    Call::Miss(Box::pin(async move {
        let Some(core) = core else {
            return body(&LoadContext::new()).await;
        };
        let address = Address::new(&core.name, key);
        let loader = async |context| loaded::<S>(body(&context).await);
        let load = Load::new(loader, terms::<S>(&core, &shape, site, trouble.is_some()));
        let reply = match hit {
            Some(Hit::Watched(entry)) => core.load_due(&address, entry, load).await,
            _ => core.miss(&address, load).await,
        };
        returned::<S>(reply, trouble)
    }))
}

/// [`cached_with`], with a body that can go on without its call.
#[inline]
pub fn cached_in_background<S, F, Fut>(
    shape: S,
    site: At,
    flow: &CacheFlow,
    key: &mut KeyBuf,
    body: F,
    trouble: Option<fn(Error) -> S::Return>,
) -> impl Future<Output = S::Return>
where
    S: Shape,
    S::Value: CacheValue,
    S::Error: Send + Sync + 'static,
    F: FnOnce(&LoadContext<S::Value>) -> Fut,
    Fut: Future<Output = S::Return> + Send + 'static,
{
    let (core, hit) = lookup::<S>(site, flow, key);
    if let Some(Hit::Value(value)) = hit {
        return Call::<S, _>::Hit(Some(value));
    }
    Call::Miss(Box::pin(async move {
        let Some(core) = core else {
            return body(&LoadContext::new()).await;
        };
        let address = Address::new(&core.name, key);
        let loader = |context| {
            let loading = body(&context);
            async move { loaded::<S>(loading.await) }
        };
        let load = Load::new(loader, terms::<S>(&core, &shape, site, trouble.is_some()));
        let reply = match hit {
            Some(Hit::Watched(entry)) => {
                core.load_due_in_background(&address, &entry, load);
                Ok(Loaded::Value(entry.made()))
            }
            _ => core.miss_in_background(&address, load).await,
        };
        returned::<S>(reply, trouble)
    }))
}

/// A site's cache, if there is one, and what its memory has.
pub(super) type LookedUp<V> = (Option<AnyCore<V>>, Option<Hit<V>>);

/// The site's cache, and what its memory has.
#[inline]
pub(super) fn lookup<S>(site: At, flow: &CacheFlow, key: &KeyBuf) -> LookedUp<S::Value>
where
    S: Shape,
    S::Value: CacheValue,
{
    // A lifetime that is computed may come out as none at all: nothing is kept.
    let keeps = site.when && site.ttl.is_none_or(|ttl| ttl >= SHORTEST);
    let core = keeps.then(|| site.core::<S::Value>(flow)).flatten();
    let reads = core.as_ref().filter(|_| !site.reloads);
    let hit = reads.and_then(|core| core.hit(key));
    (core, hit)
}

pub(super) fn terms<S: Shape<Value: CacheValue>>(
    core: &Core<S::Value>,
    shape: &S,
    site: At,
    has_trouble: bool,
) -> Terms<S::Value, S::Error> {
    // Another has built the cache with a strategy that can fail: not this function.
    let policy = if has_trouble {
        &core.policy
    } else {
        &core.gentle
    };
    let terms = Terms::new(policy, &Given::default(), shape.errors());
    let mut terms = terms.or_absent(S::TAKES_ABSENT);
    terms.options.ttl = site.ttl;
    let skip = &mut terms.options.skip;
    (skip.reading_memory, skip.reading_shared) = (site.reloads, site.reloads);
    terms
}

pub(super) fn loaded<S: Shape>(returned: S::Return) -> Result<Loaded<S::Value>, S::Error> {
    S::split(returned).map(Loaded::from)
}

/// What the function returns.
pub(super) fn returned<S: Shape>(
    reply: Reply<S::Value, S::Error>,
    trouble: Option<fn(Error) -> S::Return>,
) -> S::Return {
    match reply {
        Ok(Loaded::Value(made)) => S::value(made.value),
        Ok(Loaded::Absent) => S::absent(),
        Err(error) => match (error.parts(), trouble) {
            (Ok(error), _) => S::error(error),
            (Err(cause), Some(trouble)) => trouble(cause.error()),
            (Err(cause), None) => unreachable!("{cause:?} in spite of a gentle policy"),
        },
    }
}

/// See [`cached`].
enum Call<S: Shape, M> {
    Hit(Option<S::Value>),
    Miss(Pin<Box<M>>),
}

// What is in the box is pinned by it; nothing else needs to be.
impl<S: Shape, M> Unpin for Call<S, M> {}

impl<S: Shape, M: Future<Output = S::Return>> Future for Call<S, M> {
    type Output = S::Return;

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<S::Return> {
        match self.get_mut() {
            Self::Hit(value) => Poll::Ready(S::value(value.take().expect("polled after its end"))),
            Self::Miss(miss) => miss.as_mut().poll(context),
        }
    }
}
