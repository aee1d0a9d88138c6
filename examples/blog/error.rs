//! Why a request to the blog failed.

use std::fmt;
use std::sync::Arc;

use cacheflow::template::MissingFragment;

/// A request that failed. It is `Clone`, so that everyone who waits for one load can be given its error.
#[derive(Clone, Debug)]
pub(crate) enum BlogError {
    /// There is no such row.
    NotFound(&'static str, u64),
    /// The database refused or failed.
    Database(Arc<rusqlite::Error>),
    /// A template and its fragments do not go together.
    Template(MissingFragment),
    /// The thread that ran the query is gone.
    Abandoned,
}

impl fmt::Display for BlogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound(what, id) => write!(f, "there is no {what} {id}"),
            Self::Database(source) => write!(f, "the database failed: {source}"),
            Self::Template(source) => write!(f, "a template failed: {source}"),
            Self::Abandoned => f.write_str("the query was abandoned"),
        }
    }
}

impl std::error::Error for BlogError {}

impl From<rusqlite::Error> for BlogError {
    fn from(source: rusqlite::Error) -> Self {
        Self::Database(Arc::new(source))
    }
}

impl From<MissingFragment> for BlogError {
    fn from(source: MissingFragment) -> Self {
        Self::Template(source)
    }
}
