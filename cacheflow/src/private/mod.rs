//! What generated code calls. Not for use by hand: it changes without notice.

mod shape;
mod site;

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
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
use crate::strategy::Given;

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

/// A call of an attributed function.
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
    ttl: Option<Duration>,
    body: F,
) -> impl Future<Output = S::Return>
where
    S: Shape,
    S::Value: CacheValue,
    F: FnOnce() -> Fut,
    Fut: Future<Output = S::Return>,
{
    // A lifetime that is computed may come out as none at all: nothing is kept.
    let keeps = ttl.is_none_or(|ttl| ttl >= SHORTEST);
    let core = keeps.then(|| site.core::<S::Value>(flow)).flatten();
    if let Some(value) = core.as_ref().and_then(|core| core.hit(key)) {
        return Call::<S, _>::Hit(Some(value));
    }
    // Boxed, so that the future of a hit stays small.
    Call::Miss(Box::pin(async move {
        let Some(core) = core else {
            return body().await;
        };
        let load = Load {
            loader: async || match S::split(body().await) {
                Ok(Some(value)) => Ok(Loaded::Value(value)),
                Ok(None) => Ok(Loaded::Absent),
                Err(error) => Err(error),
            },
            ttl: ttl.map(|ttl| ttl.min(LONGEST)),
            given: Given::default(),
            errors: shape.errors(),
        };
        match core.miss(key, load).await {
            Ok(Loaded::Value(value)) => S::value(value),
            Ok(Loaded::Absent) => S::absent(),
            Err(LoadError::Source(error)) => S::error(error),
        }
    }))
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
