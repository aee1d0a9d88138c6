//! Why a request to the shop failed.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// A request to the shop that failed. It is `Clone`, so that everyone who waits for one query can be given its error.
#[derive(Clone, Debug)]
pub(crate) enum ShopError {
    /// There is no such row.
    NotFound(&'static str, u64),
    /// The database refused or failed.
    Database(Arc<rusqlite::Error>),
    /// The thread that ran the query is gone.
    Abandoned,
}

impl fmt::Display for ShopError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound(what, id) => write!(f, "there is no {what} {id}"),
            Self::Database(source) => write!(f, "the database failed: {source}"),
            Self::Abandoned => f.write_str("the query was abandoned"),
        }
    }
}

impl Error for ShopError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Database(source) => Some(source),
            Self::NotFound(..) | Self::Abandoned => None,
        }
    }
}

impl From<rusqlite::Error> for ShopError {
    fn from(source: rusqlite::Error) -> Self {
        Self::Database(Arc::new(source))
    }
}
