//! The database: an embedded SQLite, in memory. It knows no cache.

mod read;
mod touch;
mod write;

pub(crate) use touch::{Articles, Pages};

use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, OptionalExtension, Params, Row};

use crate::error::BlogError;

const SCHEMA: &str = include_str!("../schema.sql");

/// One connection that all requests share.
#[derive(Clone)]
pub(crate) struct Db(Arc<Mutex<Connection>>);

impl Db {
    /// A database with a page, three articles and four comments.
    pub(crate) fn open() -> rusqlite::Result<Self> {
        let connection = Connection::open_in_memory()?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.execute_batch(SCHEMA)?;
        Ok(Self(Arc::new(Mutex::new(connection))))
    }

    /// Runs work that blocks, on a thread that may. Work that has begun runs to its end.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, BlogError> + Send + 'static,
    ) -> Result<T, BlogError> {
        let connection = Arc::clone(&self.0);
        let running = tokio::task::spawn_blocking(move || {
            work(&connection.lock().unwrap_or_else(PoisonError::into_inner))
        });
        running.await.map_err(|_| BlogError::Abandoned)?
    }

    /// The one row that a statement gives, or that there is no `what` of this id.
    async fn one<T: Send + 'static>(
        &self,
        (what, id): (&'static str, u64),
        sql: &'static str,
        parameters: impl Params + Send + 'static,
        row: fn(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, BlogError> {
        self.run(move |connection| {
            let found = connection.prepare_cached(sql)?.query_row(parameters, row);
            found.optional()?.ok_or(BlogError::NotFound(what, id))
        })
        .await
    }
}

/// SQLite's integers are signed; an id beyond them is one that no row has.
fn row_id(id: u64) -> i64 {
    i64::try_from(id).unwrap_or(i64::MIN)
}

/// An id, as a row has it.
fn id(row: &Row<'_>, column: &str) -> rusqlite::Result<u64> {
    Ok(row.get::<_, i64>(column)?.unsigned_abs())
}
