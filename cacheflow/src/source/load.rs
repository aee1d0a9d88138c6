//! What a loader gives.

use std::error::Error as StdError;
use std::fmt;

use crate::error::{Error, ErrorKind};

/// What a loader came back with when it did not fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Loaded<V> {
    /// A value.
    Value(V),
    /// There is no value.
    Absent,
}

impl<V> Loaded<V> {
    pub(crate) fn map<T>(self, map: impl FnOnce(V) -> T) -> Loaded<T> {
        match self {
            Self::Value(value) => Loaded::Value(map(value)),
            Self::Absent => Loaded::Absent,
        }
    }

    pub(crate) fn into_option(self) -> Option<V> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent => None,
        }
    }
}

impl<V> From<Option<V>> for Loaded<V> {
    fn from(value: Option<V>) -> Self {
        value.map_or(Self::Absent, Self::Value)
    }
}

/// Why [`Cache::get_or_load`](crate::Cache::get_or_load) has no value.
///
/// A cache's own trouble is never the reason: a dead Redis or unreadable bytes
/// make the loader run, and its value is returned. All but
/// [`Source`](Self::Source) come only from a strategy that was asked for.
///
/// `Display` of a [`Source`](Self::Source) is the loader's error's own. It is an
/// [`Error`](StdError) for every error type that can be shown, `anyhow::Error` and
/// `String` among them; to keep the chain of causes, take the error out with
/// [`LoadError::into_source`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoadError<E> {
    /// The loader's own error.
    Source(E),
    /// The load took longer than the
    /// [`hard_timeout`](crate::Strategy::hard_timeout).
    Timeout,
    /// The load was not tried: its [circuit breaker](crate::CircuitBreaker) is open.
    BreakerOpen,
    /// The load was not tried: too many run and wait already, see
    /// [`Bulkhead`](crate::Bulkhead).
    Overloaded,
}

/// Why a load failed that is not the loader's own error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    Timeout,
    BreakerOpen,
    Overloaded,
}

impl Trouble {
    fn kind(self) -> ErrorKind {
        match self {
            Self::Timeout => ErrorKind::LoadTimeout,
            Self::BreakerOpen => ErrorKind::BreakerOpen,
            Self::Overloaded => ErrorKind::Overloaded,
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::Timeout => "the load took longer than its hard_timeout",
            Self::BreakerOpen => "the load was not tried: its circuit breaker is open",
            Self::Overloaded => "the load was not tried: too many run and wait already",
        }
    }

    /// For those whose error can be made of the framework's.
    pub(crate) fn error(self) -> Error {
        Error::new(self.kind(), "load", self.text())
    }
}

impl<E> From<Trouble> for LoadError<E> {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Timeout => Self::Timeout,
            Trouble::BreakerOpen => Self::BreakerOpen,
            Trouble::Overloaded => Self::Overloaded,
        }
    }
}

impl<E> LoadError<E> {
    /// The loader's error, if that is the reason.
    pub fn into_source(self) -> Option<E> {
        match self {
            Self::Source(error) => Some(error),
            _ => None,
        }
    }

    /// The loader's error, or what the strategy did in its place.
    pub(crate) fn parts(self) -> Result<E, Trouble> {
        match self {
            Self::Source(error) => Ok(error),
            Self::Timeout => Err(Trouble::Timeout),
            Self::BreakerOpen => Err(Trouble::BreakerOpen),
            Self::Overloaded => Err(Trouble::Overloaded),
        }
    }
}

impl<E: fmt::Display> fmt::Display for LoadError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let trouble = match self {
            Self::Source(error) => return error.fmt(f),
            Self::Timeout => Trouble::Timeout,
            Self::BreakerOpen => Trouble::BreakerOpen,
            Self::Overloaded => Trouble::Overloaded,
        };
        f.write_str(trouble.text())
    }
}

impl<E: fmt::Debug + fmt::Display> StdError for LoadError<E> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_load_error_converts_with_a_question_mark() {
        fn boxed() -> Result<(), Box<dyn StdError + Send + Sync>> {
            Err(LoadError::Source("no rows".to_owned()))?;
            Ok(())
        }
        assert_eq!(boxed().unwrap_err().to_string(), "no rows");
        assert_eq!(LoadError::Source(7).into_source(), Some(7));
        assert_eq!(LoadError::<u8>::Timeout.into_source(), None);
    }
}
