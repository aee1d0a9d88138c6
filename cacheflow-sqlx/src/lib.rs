//! Transactions of [`sqlx`] that make caches forget when they are committed.
//!
//! What a transaction changes must not be forgotten before its commit: a reader would
//! load the old row once more, and keep it. Nor may it be left out after it. A
//! [`CachedTransaction`] does both by itself: what is to be forgotten is collected
//! while it is open ([`InvalidationScope`]), sent after the commit, and dropped with a
//! rollback.
//!
//! ```no_run
//! use cacheflow::CacheFlow;
//! use cacheflow_sqlx::BeginCached;
//!
//! # type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;
//! async fn rename(pool: &sqlx::PgPool, flow: &CacheFlow, id: i64, name: &str) -> Result<()> {
//!     let mut transaction = pool.begin_cached(flow).await?;
//!     sqlx::query("UPDATE users SET name = $1 WHERE id = $2")
//!         .bind(name)
//!         .bind(id)
//!         .execute(&mut *transaction)
//!         .await?;
//!     let users = transaction.invalidate().tags([format!("user:{id}")]);
//!     let _ = users.send().await?;
//!     let _ = transaction.commit().await??;
//!     Ok(())
//! }
//! ```
//!
//! | | the database | the caches |
//! |---|---|---|
//! | [`commit`](CachedTransaction::commit) | commits | forget afterwards |
//! | the same, and its answer is an error or never comes | may have committed | forget as well: once too often harms nobody |
//! | [`rollback`](CachedTransaction::rollback), dropped | rolls back | forget nothing |
//!
//! Code that forgets by itself (attributed functions, [`Cache::invalidate`]) is run
//! inside of the scope: see [`CachedTransaction::parts`].
//!
//! Not promised: that a process that dies between the commit and the forgetting still
//! forgets. Where that matters, `Cache::begin_write` holds a key from before the
//! transaction on.
//!
//! No driver is compiled in: that is its user's choice.
//!
//! [`Cache::invalidate`]: cacheflow::Cache::invalidate

#![forbid(unsafe_code)]

use std::fmt;
use std::future::Future;
use std::ops::{Deref, DerefMut};

use cacheflow::{Applied, CacheFlow, Invalidation, InvalidationScope};
use sqlx::{Database, Pool, Transaction};

/// Pools that begin such transactions.
pub trait BeginCached {
    /// The database.
    type Database: Database;

    /// Begins a transaction that makes caches of `flow` forget when it is committed.
    ///
    /// # Errors
    ///
    /// As [`Pool::begin`].
    fn begin_cached(
        &self,
        flow: &CacheFlow,
    ) -> impl Future<Output = Result<CachedTransaction<'static, Self::Database>, sqlx::Error>> + Send;
}

impl<DB: Database> BeginCached for Pool<DB> {
    type Database = DB;

    async fn begin_cached(
        &self,
        flow: &CacheFlow,
    ) -> Result<CachedTransaction<'static, DB>, sqlx::Error> {
        Ok(CachedTransaction::new(self.begin().await?, flow))
    }
}

/// A transaction with what it makes old.
///
/// It is used as its connection: `query.execute(&mut *transaction)`. Dropped, it is
/// rolled back, and nothing is forgotten.
#[must_use = "a transaction is rolled back when it is dropped"]
pub struct CachedTransaction<'c, DB: Database> {
    transaction: Transaction<'c, DB>,
    scope: InvalidationScope,
}

impl<'c, DB: Database> CachedTransaction<'c, DB> {
    /// A transaction that was begun already.
    pub fn new(transaction: Transaction<'c, DB>, flow: &CacheFlow) -> Self {
        Self {
            transaction,
            scope: flow.invalidation_scope(),
        }
    }

    /// Names what is to be forgotten at the commit; to be
    /// [sent](Invalidation::send) here, which collects it.
    pub fn invalidate(&self) -> Invalidation {
        self.scope.invalidate()
    }

    /// The connection, and the scope to run code in that forgets by itself:
    ///
    /// ```no_run
    /// # use cacheflow_sqlx::CachedTransaction;
    /// # async fn delete_user(_: &mut sqlx::PgConnection, _: i64) -> Result<(), sqlx::Error> { Ok(()) }
    /// # async fn run(mut transaction: CachedTransaction<'_, sqlx::Postgres>) -> Result<(), sqlx::Error> {
    /// // #[cache_evict(find_user(id))] async fn delete_user(db: &mut PgConnection, id: i64) …
    /// let (connection, scope) = transaction.parts();
    /// scope.run(delete_user(connection, 7)).await?;
    /// # Ok(()) }
    /// ```
    pub fn parts(&mut self) -> (&mut DB::Connection, &InvalidationScope) {
        (&mut self.transaction, &self.scope)
    }

    /// Commits, and has the caches forget what was collected.
    ///
    /// The outer result is the database's. The inner one is the caches': an error only
    /// after their flow was shut down. What is to be forgotten is forgotten whatever the
    /// database says: an error may mean that its answer was lost and not the commit.
    ///
    /// # Errors
    ///
    /// As [`Transaction::commit`].
    ///
    /// # Cancellation
    ///
    /// The commit may happen or not; the caches forget in the background.
    pub async fn commit(self) -> Result<cacheflow::Result<Applied>, sqlx::Error> {
        let Self { transaction, scope } = self;
        let mut unsure = Unsure(Some(scope));
        let committed = transaction.commit().await;
        // Not before: what was loaded in between would be old and kept.
        let applied = match unsure.0.take() {
            Some(scope) => scope.commit().await,
            None => unreachable!("nobody else takes it"),
        };
        committed.map(|()| applied)
    }

    /// Rolls back; nothing is forgotten.
    ///
    /// # Errors
    ///
    /// As [`Transaction::rollback`].
    pub async fn rollback(self) -> Result<(), sqlx::Error> {
        self.scope.rollback();
        self.transaction.rollback().await
    }
}

/// A commit under way. Dropped before its end, nobody knows whether it happened.
struct Unsure(Option<InvalidationScope>);

impl Drop for Unsure {
    fn drop(&mut self) {
        if let Some(scope) = self.0.take() {
            scope.commit_in_background();
        }
    }
}

impl<DB: Database> Deref for CachedTransaction<'_, DB> {
    type Target = DB::Connection;

    fn deref(&self) -> &DB::Connection {
        &self.transaction
    }
}

impl<DB: Database> DerefMut for CachedTransaction<'_, DB> {
    fn deref_mut(&mut self) -> &mut DB::Connection {
        &mut self.transaction
    }
}

impl<DB: Database> fmt::Debug for CachedTransaction<'_, DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachedTransaction")
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}

/// The code in the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;
