//! One run at a time per shop.

use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use anyhow::{Context, bail};
use rusqlite::{Connection, ErrorCode};

/// Keeps other runs out of a shop until it is dropped; the operating system drops it when the process dies.
///
/// Two runs on one shop would change rows behind each other's cache, and the one that builds the file would pull it away
/// from under the other. The lock is an exclusive transaction on an empty file beside the shop, which is the same on every
/// platform that SQLite knows.
pub(super) struct Lock {
    /// A connection is not `Sync`, and nobody uses this one.
    _held: Mutex<Connection>,
}

impl Lock {
    /// Takes the lock, or says who is in the way. It does not wait.
    pub(super) fn take(shop: &Path) -> anyhow::Result<Self> {
        let path = beside(shop, "-lock");
        let failed = || format!("cannot create {}", path.display());
        // Created by hand: SQLite would say only that it cannot, the system says why.
        File::options()
            .create(true)
            .append(true)
            .open(&path)
            .with_context(failed)?;
        let connection = Connection::open(&path).with_context(failed)?;
        connection
            .busy_timeout(Duration::ZERO)
            .with_context(failed)?;
        match connection.execute_batch("BEGIN EXCLUSIVE") {
            Ok(()) => Ok(Self {
                _held: Mutex::new(connection),
            }),
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => bail!(
                "another quickstart is using {}: wait for it, or give this one its own --database",
                shop.display()
            ),
            Err(error) => Err(error).with_context(failed),
        }
    }
}

/// The path of a file that belongs to the shop: its own with something added to the name.
pub(super) fn beside(shop: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(shop);
    name.push(suffix);
    PathBuf::from(name)
}
