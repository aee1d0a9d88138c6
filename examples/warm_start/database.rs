//! The source: a table of users in SQLite.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use rusqlite::{Connection, Row, params};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) org: u32,
}

#[derive(Clone)]
pub(crate) struct Database(Arc<Mutex<Connection>>);

impl Database {
    /// A table with so many rows.
    pub(crate) fn fill(directory: &Path, rows: u64) -> Result<Self> {
        let mut connection = Connection::open(directory.join("users.sqlite"))?;
        connection.execute_batch(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
             CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, email TEXT, org INTEGER);",
        )?;
        let transaction = connection.transaction()?;
        {
            let mut insert = transaction.prepare("INSERT INTO users VALUES (?1, ?2, ?3, ?4)")?;
            for id in 1..=rows {
                let (name, email) = (format!("user {id}"), format!("user{id}@example.org"));
                insert.execute(params![id, name, email, id % 1000])?;
            }
        }
        transaction.commit()?;
        Ok(Self(Arc::new(Mutex::new(connection))))
    }

    /// Up to so many rows after this one.
    pub(crate) async fn page(&self, after: u64, rows: usize) -> Result<Vec<(u64, User)>> {
        let database = self.clone();
        tokio::task::spawn_blocking(move || database.read(after, rows)).await?
    }

    pub(crate) fn user(&self, id: u64) -> Result<User> {
        let connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let query = "SELECT id, name, email, org FROM users WHERE id = ?1";
        Ok(connection.query_row(query, [id], read)?.1)
    }

    fn read(&self, after: u64, rows: usize) -> Result<Vec<(u64, User)>> {
        let connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut query = connection.prepare_cached(
            "SELECT id, name, email, org FROM users WHERE id > ?1 ORDER BY id LIMIT ?2",
        )?;
        let found = query.query_map(params![after, rows], read)?;
        Ok(found.collect::<rusqlite::Result<_>>()?)
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<(u64, User)> {
    let user = User {
        name: row.get(1)?,
        email: row.get(2)?,
        org: row.get(3)?,
    };
    Ok((row.get(0)?, user))
}
