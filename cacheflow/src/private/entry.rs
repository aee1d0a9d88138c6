//! The right to put a value in the place of what an attributed function has given.

use std::sync::Arc;

use super::companion::Later;
use super::shape::Shape;
use super::since::Since;
use super::site::At;
use crate::cache::{CacheValue, Core, How, Putting};
use crate::error::{Error, Result};
use crate::flow::CacheFlow;
use crate::invalidation::Applied;
use crate::key::{Address, FullKey, KeyBuf};
use crate::source::LoadContext;
use crate::strategy::{CallOptions, Given};

/// An entry of a function that returns `R`. It stands where its node stood when it was
/// made: whoever changes the source meanwhile is noticed.
#[must_use = "nothing is put until `put`"]
pub struct Entry<R>(Result<Box<dyn Begun<R>>, Box<NoCache>>);

trait Begun<R>: Send {
    fn end(self: Box<Self>, whole: Option<R>) -> Later<Result<Applied>>;
    fn since(&mut self, since: &Since);
    fn flow(&self) -> &CacheFlow;
}

/// There is no cache for the values: another has built it for others of its name.
struct NoCache {
    flow: CacheFlow,
    key: Option<FullKey>,
    error: Error,
}

struct Of<S: Shape<Value: CacheValue>, F> {
    flow: CacheFlow,
    core: Arc<Core<S::Value>>,
    putting: Putting<S::Value>,
    at: At,
    said: LoadContext<S::Value>,
    says: F,
    /// Nobody knows what came before it.
    is_unsure: bool,
}

impl<R: Send + 'static> Entry<R> {
    /// The entry under `key`; `says` says of its value what the attribute does.
    pub fn new<S, F>(
        _: S,
        at: At,
        flow: &CacheFlow,
        key: &KeyBuf,
        said: LoadContext<S::Value>,
        says: F,
    ) -> Self
    where
        S: Shape<Return = R, Value: CacheValue>,
        F: FnOnce(&LoadContext<S::Value>, &R) + Send + 'static,
    {
        let begun = at.try_core::<S::Value>(flow).map(|core| {
            let address = Address::new(&core.name, key);
            let of = Of::<S, F> {
                putting: Putting::begin(&core, address),
                flow: flow.clone(),
                core,
                at,
                said,
                says,
                is_unsure: false,
            };
            Box::new(of) as Box<dyn Begun<R>>
        });
        Self(begun.map_err(|error| {
            let name = at.name().ok();
            Box::new(NoCache {
                flow: flow.clone(),
                key: name.map(|name| Address::new(&name, key).full),
                error,
            })
        }))
    }

    /// Moves its beginning back, to before the source was changed.
    pub fn since(mut self, since: &Since) -> Self {
        if let Ok(begun) = &mut self.0 {
            begun.since(since);
        }
        self
    }

    /// Puts what a function of this return type gives; what is no value is forgotten.
    #[must_use]
    pub fn put(self, whole: R) -> Later<Result<Applied>> {
        self.end(Some(whole))
    }

    /// Forgets the entry: nobody knows what the source has now.
    #[must_use]
    pub fn forget(self) -> Later<Result<Applied>> {
        self.end(None)
    }

    /// The same beside its caller.
    pub(super) fn forget_in_background(self) {
        let flow = match &self.0 {
            Ok(begun) => begun.flow().clone(),
            Err(none) => none.flow.clone(),
        };
        let forget = self.forget();
        flow.in_background(async move {
            if let Err(error) = forget.await {
                tracing::debug!(%error, "an entry of unknown age is not forgotten");
            }
        });
    }

    fn end(self, whole: Option<R>) -> Later<Result<Applied>> {
        match self.0 {
            Ok(begun) => begun.end(whole),
            Err(none) => none.end(),
        }
    }
}

impl NoCache {
    /// Whatever is kept under that name is old all the same.
    fn end(self) -> Later<Result<Applied>> {
        let Self { flow, key, error } = self;
        Box::pin(async move {
            let _ = flow.invalidate().full_keys(key).send().await?;
            Err(error)
        })
    }
}

impl<R, S, F> Begun<R> for Of<S, F>
where
    R: Send + 'static,
    S: Shape<Return = R, Value: CacheValue>,
    F: FnOnce(&LoadContext<S::Value>, &R) + Send,
{
    fn since(&mut self, since: &Since) {
        // Positions of two flows say nothing of one another.
        self.is_unsure = !self.flow.is(&since.flow);
        self.putting.begin_at(since.as_of.again());
    }

    fn flow(&self) -> &CacheFlow {
        &self.flow
    }

    fn end(self: Box<Self>, whole: Option<R>) -> Later<Result<Applied>> {
        let Self {
            flow,
            core,
            putting,
            at,
            said,
            says,
            is_unsure,
        } = *self;
        if flow.is_closed() {
            return Box::pin(std::future::ready(Err(Error::closed("put"))));
        }
        let value = whole.and_then(|whole| {
            says(&said, &whole);
            S::split(whole).ok().flatten()
        });
        let said = said.taken();
        let change = async move {
            let Some(value) = value.filter(|_| !said.skip && !is_unsure) else {
                return putting.forget().await;
            };
            let how = How {
                policy: Arc::clone(&core.policy),
                given: Given::default(),
                options: CallOptions {
                    ttl: said.ttl.or(at.ttl),
                    ..CallOptions::default()
                },
                said,
                everywhere: true,
            };
            putting.put(value, &how).await.0
        };
        Box::pin(async move { Ok(flow.to_the_end(change).await.unwrap_or(Applied::Local)) })
    }
}
