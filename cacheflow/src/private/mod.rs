//! What generated code calls. Not for use by hand: it changes without notice.

mod shape;
mod site;

use std::future::Future;
use std::time::Duration;

pub use shape::{
    Probe, Shape, ShapeOfOption, ShapeOfPlain, ShapeOfResult, ShapeOfResultCloned,
    ShapeOfResultOption, ShapeOfResultOptionCloned,
};
pub use site::{At, Site};

use crate::cache::{CacheValue, Load};
use crate::config::{LONGEST, SHORTEST};
use crate::flow::CacheFlow;
use crate::key::KeyBuf;
use crate::source::{LoadError, Loaded};

/// The flow of an attribute without `flow = …`.
#[inline]
#[must_use]
pub fn global_flow() -> &'static CacheFlow {
    crate::flow::global()
}

/// Fixes the type that an attributed function's body returns.
#[inline]
pub fn returning<R, F: Future<Output = R>>(body: F) -> F {
    body
}

/// A call of an attributed function: synchronous up to the miss.
#[inline]
pub async fn cached<S, F, Fut>(
    shape: S,
    site: At,
    flow: &CacheFlow,
    key: &mut KeyBuf,
    ttl: Option<Duration>,
    body: F,
) -> S::Return
where
    S: Shape,
    S::Value: CacheValue,
    F: FnOnce() -> Fut,
    Fut: Future<Output = S::Return>,
{
    // A lifetime that is computed may come out as none at all: nothing is kept.
    if ttl.is_some_and(|ttl| ttl < SHORTEST) {
        return body().await;
    }
    let Some(core) = site.core::<S::Value>(flow) else {
        return body().await;
    };
    if let Some(value) = core.hit(key) {
        return S::value(value);
    }
    let load = Load {
        loader: async || match S::split(body().await) {
            Ok(Some(value)) => Ok(Loaded::Value(value)),
            Ok(None) => Ok(Loaded::Absent),
            Err(error) => Err(error),
        },
        ttl: ttl.map(|ttl| ttl.min(LONGEST)),
        errors: shape.errors(),
    };
    // Boxed, so that the future of a hit stays small.
    match Box::pin(core.miss(key, load)).await {
        Ok(Loaded::Value(value)) => S::value(value),
        Ok(Loaded::Absent) => S::absent(),
        Err(LoadError::Source(error)) => S::error(error),
    }
}
