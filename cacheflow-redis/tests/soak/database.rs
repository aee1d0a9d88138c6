//! The database of all nodes: a file with a version for each key.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use cacheflow_testkit::history::{Key, Version};

/// A version and its complement, so that a row that is being written is told from
/// one that is.
const ROW: usize = 16;

/// Rows that are read and written as a whole. What was written is read by all
/// processes from then on.
pub(crate) struct Database(File);

impl Database {
    /// An empty one, for so many keys.
    pub(crate) fn create(path: &Path, keys: Key) -> io::Result<Self> {
        let file = File::options()
            .read(true)
            .write(true)
            .create_new(true)
            .open(path)?;
        let database = Self(file);
        for key in 0..keys {
            database.write(key, 0)?;
        }
        Ok(database)
    }

    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        File::options().read(true).write(true).open(path).map(Self)
    }

    /// Commits. Each key has one writer, who counts.
    pub(crate) fn write(&self, key: Key, version: Version) -> io::Result<()> {
        let mut row = [0; ROW];
        row[..8].copy_from_slice(&version.to_le_bytes());
        row[8..].copy_from_slice(&(!version).to_le_bytes());
        self.0.write_all_at(&row, place(key))
    }

    pub(crate) fn read(&self, key: Key) -> Version {
        loop {
            let mut row = [0; ROW];
            self.0
                .read_exact_at(&mut row, place(key))
                .expect("the database is there");
            let half = |from: usize| {
                let mut bytes = [0; 8];
                bytes.copy_from_slice(&row[from..from + 8]);
                u64::from_le_bytes(bytes)
            };
            if half(0) == !half(8) {
                return half(0);
            }
        }
    }
}

fn place(key: Key) -> u64 {
    u64::from(key) * ROW as u64
}
