//! A fixed number of connections, lent to one query each.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use tokio::sync::Semaphore;

use super::ShopError;

/// How long a connection waits for another one's lock. Longer than any write here takes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Connections to one file. A query waits in the async world for a free one and runs on a thread that may block.
#[derive(Clone)]
pub(super) struct Pool {
    free: Arc<Mutex<Vec<Connection>>>,
    permits: Arc<Semaphore>,
}

impl Pool {
    /// Opens `size` connections to the file, which must exist.
    pub(super) fn open(path: &Path, size: usize) -> rusqlite::Result<Self> {
        let free = (0..size)
            .map(|_| connect(path))
            .collect::<rusqlite::Result<Vec<_>>>()?;
        Ok(Self {
            free: Arc::new(Mutex::new(free)),
            permits: Arc::new(Semaphore::new(size)),
        })
    }

    /// Runs one piece of work on a connection of its own.
    ///
    /// # Cancellation
    ///
    /// Work that has begun runs to its end; its connection returns to the pool by itself.
    pub(super) async fn run<T, W>(&self, work: W) -> Result<T, ShopError>
    where
        T: Send + 'static,
        W: FnOnce(&mut Connection) -> Result<T, ShopError> + Send + 'static,
    {
        let permit = Arc::clone(&self.permits)
            .acquire_owned()
            .await
            .map_err(|_| ShopError::Abandoned)?;
        let free = Arc::clone(&self.free);
        let running = tokio::task::spawn_blocking(move || {
            let mut loan = Loan::take(&free);
            let answer = work(loan.connection()?);
            // The connection goes back before the permit, or the next one would find none.
            drop(loan);
            drop(permit);
            answer
        });
        running.await.map_err(|_| ShopError::Abandoned)?
    }
}

/// A connection that returns to the pool when it is dropped, also by a panic.
struct Loan<'a> {
    pool: &'a Mutex<Vec<Connection>>,
    connection: Option<Connection>,
}

impl<'a> Loan<'a> {
    fn take(pool: &'a Mutex<Vec<Connection>>) -> Self {
        let connection = pool.lock().unwrap_or_else(PoisonError::into_inner).pop();
        Self { pool, connection }
    }

    fn connection(&mut self) -> Result<&mut Connection, ShopError> {
        self.connection.as_mut().ok_or(ShopError::Abandoned)
    }
}

impl Drop for Loan<'_> {
    fn drop(&mut self) {
        let mut free = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        free.extend(self.connection.take());
    }
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    // With a write-ahead log readers do not wait for the writer, nor it for them.
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    Ok(connection)
}
