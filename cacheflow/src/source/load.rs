//! What a loader gives.

use std::error::Error as StdError;
use std::fmt;

/// What a loader came back with when it did not fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Loaded<V> {
    /// A value.
    Value(V),
    /// There is no value.
    Absent,
}

/// Why [`Cache::get_or_load`](crate::Cache::get_or_load) has no value.
///
/// A cache's own trouble is never the reason: a dead Redis or unreadable bytes
/// make the loader run, and its value is returned.
///
/// `Display` is the loader's error's own. It is an [`Error`](StdError) for every
/// error type that can be shown, `anyhow::Error` and `String` among them; to
/// keep the chain of causes, take the error out with
/// [`LoadError::into_source`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoadError<E> {
    /// The loader's own error.
    Source(E),
}

impl<E> LoadError<E> {
    /// The loader's error, if that is the reason.
    pub fn into_source(self) -> Option<E> {
        match self {
            Self::Source(error) => Some(error),
        }
    }
}

impl<E: fmt::Display> fmt::Display for LoadError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Source(error) => error.fmt(f),
        }
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
    }
}
