//! What stands beside an attributed function.

use std::future::Future;
use std::pin::Pin;

use super::part::PartOf;
use super::shape::Shape;
use super::site::At;
use crate::cache::{CacheValue, FunctionCache};
use crate::entry::{Found, Lookup};
use crate::error::Result;
use crate::flow::CacheFlow;
use crate::invalidation::Applied;
use crate::key::{Address, CacheName, FullKey, KeyBuf};
use crate::strategy::CallOptions;

/// What a companion comes back with, later: it holds nothing of its caller's.
pub type Later<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// The full key of an entry.
///
/// # Panics
///
/// Never: the attribute has checked the name.
#[must_use]
pub fn key(at: At, _: &CacheFlow, key: &KeyBuf) -> FullKey {
    let name = at.name().expect("a name that the attribute has checked");
    Address::new(&name, key).full
}

/// Forgets an entry everywhere.
#[must_use]
pub fn invalidate(at: At, flow: &CacheFlow, key: &KeyBuf) -> Later<Result<Applied>> {
    let invalidation = flow.invalidate().full_keys([self::key(at, flow, key)]);
    Box::pin(invalidation.send())
}

/// What memory has.
pub fn peek<S, G, Level>(_: S, at: At, flow: &CacheFlow, key: &KeyBuf) -> Option<Found<G>>
where
    S: Shape<Value: CacheValue>,
    S::Given: PartOf<G, Level>,
{
    let found = at.core::<S::Value>(flow)?.peek(key)?;
    Some(found.map(|value| S::bare(value).whole()))
}

/// What the levels have.
pub fn lookup<S, G, Level>(_: S, at: At, flow: &CacheFlow, key: KeyBuf) -> Later<Lookup<G>>
where
    S: Shape<Value: CacheValue>,
    S::Given: PartOf<G, Level>,
    G: Send + 'static,
{
    let core = at.try_core::<S::Value>(flow);
    Box::pin(async move {
        let Ok(core) = core else {
            return Lookup::Miss;
        };
        let lookup = core.lookup(&key, &CallOptions::default()).await;
        lookup.map(|value| S::bare(value).whole())
    })
}

/// The function's cache.
///
/// # Errors
///
/// Why there is none.
pub fn cache<S>(_: S, at: At, flow: &CacheFlow) -> Result<FunctionCache>
where
    S: Shape<Value: CacheValue>,
{
    let core = at.try_core::<S::Value>(flow)?;
    Ok(FunctionCache::new(core, flow.clone()))
}

/// The name of a function's cache.
///
/// # Panics
///
/// Never: the attribute has checked the name.
#[must_use]
pub fn name(at: At) -> CacheName {
    at.name().expect("a name that the attribute has checked")
}
