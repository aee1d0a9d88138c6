//! Values that never leave this process: they need not be written as bytes.

use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Error as _, Serialize, Serializer};

use super::shape::Shape;
use crate::cache::{CacheValue, ShareError};

/// A value that is kept as it is, in a cache that has memory alone.
#[derive(Clone, Debug)]
pub struct InProcess<V>(pub(super) V);

const WHY: &str = "a value of a local cache is not written as bytes";

impl<V> Serialize for InProcess<V> {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(S::Error::custom(WHY))
    }
}

impl<'de, V> Deserialize<'de> for InProcess<V> {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(D::Error::custom(WHY))
    }
}

/// The shape whose values are kept in this process alone.
#[derive(Clone, Copy, Debug)]
struct Local<S>(S);

/// The same shape, with its values kept in this process alone: as [`cacheable`] for
/// values that need not be written.
///
/// [`cacheable`]: super::cacheable
#[inline]
pub fn in_process<S>(
    shape: S,
) -> impl Shape<Return = S::Return, Given = S::Given, Error = S::Error, Value: CacheValue>
where
    S: Shape<Value: Clone + Send + Sync>,
{
    Local(shape)
}

impl<S: Shape> Shape for Local<S> {
    type Return = S::Return;
    type Given = S::Given;
    type Value = InProcess<S::Value>;
    type Error = S::Error;
    const TAKES_ABSENT: bool = S::TAKES_ABSENT;

    fn split(returned: S::Return) -> Result<Option<Self::Value>, S::Error> {
        Ok(S::split(returned)?.map(InProcess))
    }

    fn given(returned: &S::Return) -> Option<&S::Given> {
        S::given(returned)
    }

    fn bare(InProcess(value): Self::Value) -> S::Given {
        S::bare(value)
    }

    fn value(InProcess(value): Self::Value) -> S::Return {
        S::value(value)
    }

    fn absent() -> S::Return {
        S::absent()
    }

    fn error(error: S::Error) -> S::Return {
        S::error(error)
    }

    #[allow(private_interfaces, reason = "only this crate implements the trait")]
    fn errors(&self) -> ShareError<S::Error> {
        self.0.errors()
    }
}
