//! Opens the shop's file, and builds it first if there is none that fits.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use anyhow::{Context, ensure};
use rusqlite::{Connection, OpenFlags};

use super::fill::fill;
use super::lock::{Lock, beside};
use super::pool::Pool;
use super::size::Size;

/// Marks a file as a quickstart's shop ("CFqs"), so that no other database is ever replaced by one.
const APPLICATION_ID: i32 = 0x4346_7173;

/// Raised with every change of `schema.sql` or of the rows that are built.
const SCHEMA_VERSION: i32 = 1;

const SCHEMA: &str = include_str!("schema.sql");

/// The shop, open for reading and writing.
pub(crate) struct Shop {
    pub(super) readers: Pool,
    /// One connection: SQLite has one writer at a time, and waiting for a permit is cheaper than waiting for its lock.
    pub(super) writer: Pool,
    pub(super) queries: AtomicU64,
    _lock: Lock,
}

impl Shop {
    /// Opens the shop at `path`, building it when it is missing or was built otherwise. `built` is told the number of rows
    /// that are ready.
    ///
    /// The file is built under another name and renamed when it is complete and on disk, so an interrupted first run leaves
    /// no half shop.
    ///
    /// # Errors
    ///
    /// When the path cannot be used, when another run uses it, or when it holds anything but a shop: that stays untouched.
    pub(crate) fn open(path: &Path, size: Size, built: &dyn Fn(u64)) -> anyhow::Result<Self> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)
                .with_context(|| format!("cannot create the folder {}", folder.display()))?;
        }
        // Before anything is created beside a file that is none of ours.
        schema_version(path)?;
        let lock = Lock::take(path)?;
        if !is_ready(path, size)? {
            build(path, size, built)
                .with_context(|| format!("cannot build the shop {}", path.display()))?;
        }
        connect(path, size, lock)
            .with_context(|| format!("cannot open the shop {}", path.display()))
    }

    /// How many queries the readers ran so far.
    pub(crate) fn queries(&self) -> u64 {
        self.queries.load(Ordering::Relaxed)
    }
}

fn connect(path: &Path, size: Size, lock: Lock) -> anyhow::Result<Shop> {
    let threads = thread::available_parallelism().map_or(2, usize::from);
    // Twice the threads was the fastest that this database became without a cache.
    let readers = Pool::open(path, (2 * threads).clamp(4, 16))?;
    let writer = Pool::open(path, 1)?;
    forget_orders_of_earlier_runs(path, size)?;
    Ok(Shop {
        readers,
        writer,
        queries: AtomicU64::new(0),
        _lock: lock,
    })
}

/// The shop is the same size in every run, however many there were before. The histories that lose an order get a new version
/// like with any other change.
fn forget_orders_of_earlier_runs(path: &Path, size: Size) -> rusqlite::Result<()> {
    let mut connection = Connection::open(path)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    let transaction = connection.transaction()?;
    transaction.execute(
        "UPDATE users SET orders_version = orders_version + 1
         WHERE id IN (SELECT user_id FROM orders WHERE id > ?1)",
        [size.orders],
    )?;
    transaction.execute("DELETE FROM orders WHERE id > ?1", [size.orders])?;
    transaction.commit()
}

/// Whether the shop at this path was built by these sources and with these sizes.
fn is_ready(path: &Path, size: Size) -> anyhow::Result<bool> {
    let ready = schema_version(path)? == Some(SCHEMA_VERSION);
    Ok(ready && built_size(path).is_ok_and(|built| built == size))
}

/// The version of the shop's schema, or nothing if there is no file yet. Any file that is not a shop is an error.
///
/// It reads the file's header (<https://sqlite.org/fileformat.html>) without SQLite, which would create files beside it and
/// would wait for whoever has it open.
fn schema_version(path: &Path) -> anyhow::Result<Option<i32>> {
    let cannot = || format!("cannot read {}", path.display());
    let file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        opened => opened.with_context(cannot)?,
    };
    ensure!(
        !file.metadata().with_context(cannot)?.is_dir(),
        "{} is a folder, not a file",
        path.display()
    );
    let mut header = Vec::new();
    file.take(100)
        .read_to_end(&mut header)
        .with_context(cannot)?;
    if header.is_empty() {
        return Ok(None);
    }
    let number = |at| {
        let bytes = header.get(at..at + 4)?;
        Some(i32::from_be_bytes(bytes.try_into().ok()?))
    };
    ensure!(
        header.starts_with(b"SQLite format 3\0") && number(68) == Some(APPLICATION_ID),
        "{} is not a quickstart's shop, so it is left alone",
        path.display()
    );
    Ok(number(60))
}

fn built_size(path: &Path) -> rusqlite::Result<Size> {
    existing(path)?.query_row("SELECT users, products, orders FROM built", [], |row| {
        Ok(Size {
            users: row.get(0)?,
            products: row.get(1)?,
            orders: row.get(2)?,
        })
    })
}

fn existing(path: &Path) -> rusqlite::Result<Connection> {
    Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)
}

fn build(path: &Path, size: Size, built: &dyn Fn(u64)) -> anyhow::Result<()> {
    let draft = beside(path, "-building");
    // Left there by a run that was interrupted: the lock says that it is nobody's now.
    remove(&draft)?;
    remove(&beside(&draft, "-journal"))?;

    let mut connection = Connection::open(&draft)?;
    // Nothing is lost if this draft is: it is synced as a whole below.
    connection.pragma_update(None, "synchronous", "OFF")?;
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    connection.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    let transaction = connection.transaction()?;
    transaction.execute_batch(SCHEMA)?;
    fill(&transaction, size, built)?;
    transaction.commit()?;
    connection.close().map_err(|(_, error)| error)?;
    // Opened for writing, since some systems sync nothing through a handle that cannot write.
    File::options().write(true).open(&draft)?.sync_all()?;

    replace(path, &draft)
}

fn replace(path: &Path, draft: &Path) -> anyhow::Result<()> {
    if fs::metadata(path).is_ok_and(|file| file.len() > 0) {
        // An old write-ahead log must not be taken for the new file's: this empties and removes it, or fails when some
        // other program has the file open.
        existing(path)?.pragma_update(None, "journal_mode", "DELETE")?;
    }
    fs::rename(draft, path)?;
    Ok(())
}

fn remove(path: &Path) -> std::io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use rusqlite::Connection;

    use super::{SCHEMA_VERSION, Shop, Size, beside, is_ready};

    const SIZE: Size = Size {
        users: 10,
        products: 20,
        orders: 40,
    };

    fn refusal(path: &Path) -> String {
        match Shop::open(path, SIZE, &|_| {}) {
            Ok(_) => panic!("{} was opened", path.display()),
            Err(error) => format!("{error:#}"),
        }
    }

    #[test]
    fn it_is_built_once_and_again_only_for_another_size_or_schema() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deeper/shop.sqlite");
        let opened = |size| {
            let rows = std::cell::Cell::new(0);
            Shop::open(&path, size, &|ready| rows.set(ready)).unwrap();
            rows.get()
        };
        assert_eq!(opened(SIZE), SIZE.rows());
        assert_eq!(opened(SIZE), 0, "the second run finds it ready");
        let larger = Size { users: 11, ..SIZE };
        assert_eq!(opened(larger), larger.rows());

        let connection = Connection::open(&path).unwrap();
        connection
            .pragma_update(None, "user_version", SCHEMA_VERSION + 1)
            .unwrap();
        drop(connection);
        assert_eq!(opened(larger), larger.rows());
    }

    #[test]
    fn what_an_interrupted_run_left_is_neither_used_nor_in_the_way() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shop.sqlite");
        fs::write(beside(&path, "-building"), "half a shop").unwrap();
        assert!(!is_ready(&path, SIZE).unwrap());
        Shop::open(&path, SIZE, &|_| {}).unwrap();
        assert!(!beside(&path, "-building").exists());
        assert!(is_ready(&path, SIZE).unwrap());
    }

    #[test]
    fn a_file_that_is_no_shop_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let letter = folder.path().join("letter.txt");
        fs::write(&letter, "Dear customer,\n".repeat(100)).unwrap();
        assert!(refusal(&letter).contains("left alone"));
        assert_eq!(
            fs::read_to_string(&letter).unwrap(),
            "Dear customer,\n".repeat(100)
        );

        assert!(!beside(&letter, "-lock").exists());

        let other = folder.path().join("other.sqlite");
        Connection::open(&other)
            .unwrap()
            .execute_batch("CREATE TABLE precious (id INTEGER)")
            .unwrap();
        assert!(refusal(&other).contains("left alone"));
        assert!(refusal(folder.path()).contains("is a folder"));
    }

    #[test]
    fn two_runs_do_not_share_a_shop() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shop.sqlite");
        let first = Shop::open(&path, SIZE, &|_| {}).unwrap();
        assert!(refusal(&path).contains("another quickstart is using"));
        drop(first);
        Shop::open(&path, SIZE, &|_| {}).unwrap();
    }
}
