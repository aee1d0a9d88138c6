//! Errors with room for the cache's own, under whatever name.

#![deny(warnings)]

use cacheflow::cached;
use std::error::Error;
use std::fmt;

type Answer<T> = Result<T, Box<dyn Error + Send + Sync>>;
type Found = Result<Option<u64>, Trouble>;

#[derive(Debug)]
enum Trouble {
    Own(u64),
    Cache(cacheflow::Error),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Own(id) => write!(f, "{id}"),
            Self::Cache(error) => error.fmt(f),
        }
    }
}

impl Error for Trouble {}

impl From<cacheflow::Error> for Trouble {
    fn from(error: cacheflow::Error) -> Self {
        Self::Cache(error)
    }
}

#[cached(strategy = circuit_breaker)]
async fn boxed(id: u64) -> Answer<u64> {
    if id == 0 {
        return Err(Box::new(Trouble::Own(id)));
    }
    Ok(id)
}

#[cached(strategy = hard_timeout("1s") + refresh_ahead(0.8))]
async fn alias(name: &str) -> Found {
    Ok(Some(name.len() as u64))
}

#[cached(strategy = bulkhead(8))]
async fn own(id: u64) -> cacheflow::Result<u64> {
    Ok(id)
}

#[cached(strategy = bulkhead(8), key = "{id}")]
async fn generic<E: From<cacheflow::Error> + 'static>(id: u64) -> Result<u64, E> {
    Ok(id)
}

fn main() {
    drop(boxed(1));
    drop(alias(""));
    drop(own(1));
    drop(generic::<Trouble>(1));
}
