//! The right to put a value in the place of what an attributed function has given.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::companion::Later;
use super::shape::Shape;
use super::since::Since;
use super::site::At;
use crate::cache::{CacheValue, Core, How, Putting};
use crate::error::{Error, Result};
use crate::flow::CacheFlow;
use crate::invalidation::Applied;
use crate::key::{Address, FullKey, KeyBuf};
use crate::source::Said;
use crate::strategy::{CallOptions, Given};

/// An entry of a function that returns `R`. It stands where its node stood when it was
/// made: whoever changes the source meanwhile is noticed.
#[must_use = "nothing is put until `put`"]
pub struct Entry<R, F> {
    begun: std::result::Result<Box<dyn Begun<R>>, Box<NoCache>>,
    said: Saying,
    says: F,
}

/// What an attribute says of a value that is put, as it says it of one that is loaded to
/// its [`LoadContext`](crate::LoadContext). Clones share what is said.
#[derive(Clone, Debug, Default)]
pub struct Saying(Arc<Mutex<Said>>);

impl Saying {
    /// It is kept so long.
    pub fn ttl(&self, ttl: Duration) {
        self.said().ttl = Some(ttl);
    }

    /// It has these tags.
    pub fn tags<T: Into<String>>(&self, tags: impl IntoIterator<Item = T>) {
        self.said().tags.extend(tags.into_iter().map(Into::into));
    }

    /// It depends on these.
    pub fn depends_on(&self, keys: impl IntoIterator<Item = FullKey>) {
        self.said().dependencies.extend(keys);
    }

    /// It is not kept.
    pub fn skip(&self) {
        self.said().skip = true;
    }

    fn said(&self) -> MutexGuard<'_, Said> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

trait Begun<R>: Send {
    fn end(self: Box<Self>, whole: Option<R>, said: Said) -> Later<Result<Applied>>;
    fn since(&mut self, since: &Since);
    fn flow(&self) -> &CacheFlow;
}

/// There is no cache for the values: another has built it for others of its name.
struct NoCache {
    flow: CacheFlow,
    key: Option<FullKey>,
    error: Error,
}

struct Of<S: Shape<Value: CacheValue>> {
    flow: CacheFlow,
    core: Arc<Core<S::Value>>,
    putting: Putting<S::Value>,
    at: At,
    /// Nobody knows what came before it.
    is_unsure: bool,
}

impl<R: 'static, F: FnOnce(&Saying, &R)> Entry<R, F> {
    /// The entry under `key`; `said` and `says` say of its value what the attribute
    /// does, the one before it is known and the other when it is.
    pub fn new<S>(_: S, at: At, flow: &CacheFlow, key: &KeyBuf, said: Saying, says: F) -> Self
    where
        S: Shape<Return = R, Value: CacheValue>,
    {
        let begun = at.try_core::<S::Value>(flow).map(|core| {
            let address = Address::new(&core.name, key);
            let of = Of::<S> {
                putting: Putting::begin(&core, address),
                flow: flow.clone(),
                core,
                at,
                is_unsure: false,
            };
            Box::new(of) as Box<dyn Begun<R>>
        });
        let begun = begun.map_err(|error| {
            let name = at.name().ok();
            Box::new(NoCache {
                flow: flow.clone(),
                key: name.map(|name| Address::new(&name, key).full),
                error,
            })
        });
        Self { begun, said, says }
    }

    /// Moves its beginning back, to before the source was changed.
    pub fn since(mut self, since: &Since) -> Self {
        if let Ok(begun) = &mut self.begun {
            begun.since(since);
        }
        self
    }

    /// Puts what a function of this return type gives; what is no value is forgotten.
    #[must_use]
    pub fn put(self, whole: R) -> Later<Result<Applied>> {
        (self.says)(&self.said, &whole);
        let said = std::mem::take(&mut *self.said.said());
        match self.begun {
            Ok(begun) => begun.end(Some(whole), said),
            Err(none) => none.end(),
        }
    }

    /// Forgets the entry: nobody knows what the source has now.
    #[must_use]
    pub fn forget(self) -> Later<Result<Applied>> {
        match self.begun {
            Ok(begun) => begun.end(None, Said::default()),
            Err(none) => none.end(),
        }
    }

    /// The same beside its caller.
    pub(super) fn forget_in_background(self) {
        let flow = match &self.begun {
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

impl<R, S> Begun<R> for Of<S>
where
    S: Shape<Return = R, Value: CacheValue>,
{
    fn since(&mut self, since: &Since) {
        // Positions of two flows say nothing of one another.
        self.is_unsure = !self.flow.is(&since.flow);
        self.putting.begin_at(since.as_of.again());
    }

    fn flow(&self) -> &CacheFlow {
        &self.flow
    }

    fn end(self: Box<Self>, whole: Option<R>, said: Said) -> Later<Result<Applied>> {
        let Self {
            flow,
            core,
            putting,
            at,
            is_unsure,
        } = *self;
        if flow.is_closed() {
            return Box::pin(std::future::ready(Err(Error::closed("put"))));
        }
        let value = whole.and_then(|whole| S::split(whole).ok().flatten());
        let change = async move {
            let Some(value) = value.filter(|_| !said.skip && !is_unsure) else {
                return putting.forget().await;
            };
            let how = How {
                policy: Arc::clone(&core.policy),
                given: Given::default(),
                options: CallOptions {
                    ttl: at.ttl,
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
