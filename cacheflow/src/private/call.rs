//! A call of an attributed function.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use super::shape::Shape;
use super::site::{AnyCore, At};
use crate::cache::{CacheValue, Core, Hit, Load, Reply, Terms};
use crate::config::SHORTEST;
use crate::entry::Entry;
use crate::error::Error;
use crate::flow::CacheFlow;
use crate::key::{Address, KeyBuf};
use crate::source::{LoadContext, Loaded, Turn};
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

/// What a call has found out before it has to wait: nothing that memory could give.
pub struct Missed<S: Shape<Value: CacheValue>> {
    shape: S,
    at: At,
    /// `None`: the function runs as if it had no attribute.
    cache: Option<(AnyCore<S::Value>, Address)>,
    /// What memory has, if somebody is to look closer.
    watched: Option<Arc<Entry<S::Value>>>,
}

/// Looks into memory. A hit is all of a call: no future is made and nothing is moved
/// into one, neither the arguments nor the key.
///
/// # Errors
///
/// The miss, for a load.
#[inline]
pub fn look<S>(
    shape: S,
    at: At,
    flow: &CacheFlow,
    key: &KeyBuf,
) -> Result<S::Return, Box<Missed<S>>>
where
    S: Shape<Value: CacheValue>,
{
    // A lifetime that is computed may come out as none at all: nothing is kept.
    let keeps = at.when && at.ttl.is_none_or(|ttl| ttl >= SHORTEST);
    let core = keeps.then(|| at.core::<S::Value>(flow)).flatten();
    let reads = core.as_ref().filter(|_| !at.reloads);
    let watched = match reads.and_then(|core| core.hit(key)) {
        Some(Hit::Value(value)) => return Ok(S::value(value)),
        Some(Hit::Watched(entry)) => Some(entry),
        None => None,
    };
    Err(missed(shape, at, core, watched, key))
}

#[cold]
fn missed<S>(
    shape: S,
    at: At,
    core: Option<AnyCore<S::Value>>,
    watched: Option<Arc<Entry<S::Value>>>,
    key: &KeyBuf,
) -> Box<Missed<S>>
where
    S: Shape<Value: CacheValue>,
{
    let cache = core.map(|core| {
        let address = Address::new(&core.name, key);
        (core, address)
    });
    Box::new(Missed {
        shape,
        at,
        cache,
        watched,
    })
}

/// A call of an attributed function that memory has no value for.
///
/// `body` is told what the attribute says of its value by saying it to the load.
pub fn cached<S, F, Fut>(missed: Box<Missed<S>>, body: F) -> impl Future<Output = S::Return>
where
    S: Shape<Value: CacheValue>,
    F: FnOnce(&LoadContext<S::Value>) -> Fut,
    Fut: Future<Output = S::Return>,
{
    cached_with(missed, body, None)
}

/// [`cached`] with a strategy whose parts can fail by themselves: `trouble` makes
/// what the function returns then.
pub fn cached_with<S, F, Fut>(
    missed: Box<Missed<S>>,
    body: F,
    trouble: Option<fn(Error) -> S::Return>,
) -> impl Future<Output = S::Return>
where
    S: Shape<Value: CacheValue>,
    F: FnOnce(&LoadContext<S::Value>) -> Fut,
    Fut: Future<Output = S::Return>,
{
    // Boxed, so that the future of a hit stays small.
    Box::pin(async move {
        let Some((core, address)) = &missed.cache else {
            return body(&LoadContext::new()).await;
        };
        let loader = async |context| loaded::<S>(body(&context).await);
        let load = Load::new(loader, missed.terms(core, trouble.is_some()));
        let reply = match &missed.watched {
            Some(entry) => core.load_due(address, Arc::clone(entry), load).await,
            None => core.miss(address, load).await,
        };
        returned::<S>(reply, trouble)
    })
}

/// [`cached_with`], with a body that can go on without its call.
pub fn cached_in_background<S, F, Fut>(
    missed: Box<Missed<S>>,
    body: F,
    trouble: Option<fn(Error) -> S::Return>,
) -> impl Future<Output = S::Return>
where
    S: Shape<Value: CacheValue>,
    S::Error: Send + Sync + 'static,
    F: FnOnce(&LoadContext<S::Value>) -> Fut,
    Fut: Future<Output = S::Return> + Send + 'static,
{
    Box::pin(async move {
        let Some((core, address)) = &missed.cache else {
            return body(&LoadContext::new()).await;
        };
        let loader = |context| {
            let loading = body(&context);
            async move { loaded::<S>(loading.await) }
        };
        let load = Load::new(loader, missed.terms(core, trouble.is_some()));
        let reply = match &missed.watched {
            Some(entry) => {
                core.load_due_in_background(address, entry, load);
                Ok(Loaded::Value(entry.made()))
            }
            None => core.miss_in_background(address, load).await,
        };
        returned::<S>(reply, trouble)
    })
}

/// [`cached`] for a function that is not asynchronous, whose caller cannot wait for
/// anybody but those of its own kind.
///
/// Its cache has memory alone, and its body runs to its end at once: the load is over
/// at its first poll, or it has met a load of somebody else. Those who ask for a key
/// that another thread loads wait for that thread, for as long as followers do.
#[allow(clippy::boxed_local, reason = "a miss is boxed for all of its kinds")]
pub fn cached_now<S, F>(missed: Box<Missed<S>>, body: F) -> S::Return
where
    S: Shape<Value: CacheValue>,
    F: FnOnce(&LoadContext<S::Value>) -> S::Return,
{
    let Some((core, address)) = &missed.cache else {
        return body(&LoadContext::new());
    };
    if let Some(entry) = &missed.watched {
        return S::value(entry.value.clone());
    }
    let mut body = Some(body);
    let patience = core.config().loading.follower_timeout;
    let turn = Turn::take(core.flow(), &address.full, patience);
    let reply = {
        let loader = async |context: LoadContext<S::Value>| {
            let body = body.take().expect("a loader is called once");
            loaded::<S>(body(&context))
        };
        let load = Load::new(loader, missed.terms(core, false));
        let mut call = pin!(core.hit_or_miss(address, load));
        call.as_mut().poll(&mut Context::from_waker(Waker::noop()))
    };
    drop(turn);
    match (reply, body) {
        (Poll::Ready(reply), _) => returned::<S>(reply, None),
        // An asynchronous function of the same cache is loading the key: nobody can
        // tell when that goes on, least of all a thread that blocks.
        (Poll::Pending, Some(body)) => body(&LoadContext::new()),
        (Poll::Pending, None) => unreachable!("a body that has run to its end, and gave nothing"),
    }
}

impl<S: Shape<Value: CacheValue>> Missed<S> {
    fn terms(&self, core: &Core<S::Value>, has_trouble: bool) -> Terms<S::Value, S::Error> {
        // Another has built the cache with a strategy that can fail: not this function.
        let policy = if has_trouble {
            &core.policy
        } else {
            &core.gentle
        };
        let terms = Terms::new(policy, &Given::default(), self.shape.errors());
        let mut terms = terms.or_absent(S::TAKES_ABSENT);
        terms.options.ttl = self.at.ttl;
        let skip = &mut terms.options.skip;
        (skip.reading_memory, skip.reading_shared) = (self.at.reloads, self.at.reloads);
        terms
    }
}

fn loaded<S: Shape>(returned: S::Return) -> Result<Loaded<S::Value>, S::Error> {
    S::split(returned).map(Loaded::from)
}

/// What the function returns.
fn returned<S: Shape>(
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
