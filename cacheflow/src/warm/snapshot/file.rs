//! The file: text, a line for each key.
//!
//! ```text
//! cacheflow keys 1 cacheflow:shop/
//! users:7
//! users:8
//! end 2
//! ```

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{BufWriter, Error, ErrorKind, Read, Result, Write};
use std::path::{Path, PathBuf};

use crate::key::FullKey;

const MAGIC: &str = "cacheflow keys 1 ";

/// More is none of ours.
const MOST_BYTES: u64 = 256 * 1024 * 1024;

/// Writes a new file and puts it in the place of an older one, as one step.
pub(super) fn write(path: &Path, prefix: &str, keys: &[FullKey]) -> Result<()> {
    let beside = beside(path);
    let written = write_new(&beside, prefix, keys).and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        // Whatever is there of it is of no use.
        let _ = fs::remove_file(&beside);
    }
    written
}

/// Where it is written first: another process may do the same.
fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}", std::process::id()));
    path.with_file_name(name)
}

fn write_new(path: &Path, prefix: &str, keys: &[FullKey]) -> Result<()> {
    let mut options = OpenOptions::new();
    // Left behind by a process that had this id before.
    let _ = fs::remove_file(path);
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = BufWriter::new(options.open(path)?);
    // A key that is no line of its own is left out: it was written by hand.
    let is_line = |key: &&FullKey| !key.as_str().contains(['\n', '\r']);
    let mut count = 0_u64;
    writeln!(file, "{MAGIC}{prefix}")?;
    for key in keys.iter().filter(is_line) {
        writeln!(file, "{key}")?;
        count += 1;
    }
    writeln!(file, "end {count}")?;
    file.into_inner()?.sync_all()
}

/// The keys by cache; none if there is no file.
pub(super) fn read(path: &Path, prefix: &str) -> Result<HashMap<String, Vec<FullKey>>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(HashMap::new()),
        Err(error) => return Err(error),
    };
    let mut text = String::new();
    file.take(MOST_BYTES).read_to_string(&mut text)?;
    let wrong = |why| Error::new(ErrorKind::InvalidData, why);
    let mut lines = text.lines();
    let first = lines.next().and_then(|line| line.strip_prefix(MAGIC));
    match first {
        None => return Err(wrong("no snapshot of keys")),
        Some(other) if other != prefix => return Err(wrong("of another namespace")),
        Some(_) => {}
    }
    let end = lines.next_back().and_then(|line| line.strip_prefix("end "));
    let mut keys: HashMap<String, Vec<FullKey>> = HashMap::new();
    let mut count = 0_u64;
    for line in lines {
        let key = FullKey::parse(line).ok_or_else(|| wrong("a line that is no key"))?;
        keys.entry(key.cache().to_owned()).or_default().push(key);
        count += 1;
    }
    if end != Some(count.to_string().as_str()) {
        return Err(wrong("the end is missing"));
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> FullKey {
        FullKey::parse(text).unwrap()
    }

    /// A file in a directory of its own, which goes with it.
    struct Place(PathBuf);

    impl Place {
        fn new(test: &str) -> Self {
            let name = format!("cacheflow-snapshot-{test}-{}", std::process::id());
            let directory = std::env::temp_dir().join(name);
            fs::create_dir_all(&directory).unwrap();
            Self(directory)
        }

        fn file(&self) -> PathBuf {
            self.0.join("keys")
        }
    }

    impl Drop for Place {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn keys_are_read_as_they_were_written_and_replace_older_ones() {
        let place = Place::new("replaced");
        write(&place.file(), "p:", &[key("users:7"), key("old:1")]).unwrap();
        let keys = [
            key("users:1"),
            key("orders:a%20b:1"),
            key("users:2"),
            key("users:a\nb"),
        ];
        write(&place.file(), "p:", &keys).unwrap();
        let found = read(&place.file(), "p:").unwrap();
        assert_eq!(found["users"], [key("users:1"), key("users:2")]);
        assert_eq!(found["orders"], [key("orders:a%20b:1")]);
        assert_eq!(found.len(), 2);
        let beside = fs::read_dir(&place.0).unwrap().count();
        assert_eq!(beside, 1, "nothing else is left");
    }

    #[test]
    fn what_cannot_be_believed_is_an_error() {
        let place = Place::new("believed");
        assert!(read(&place.file(), "p:").unwrap().is_empty(), "no file");
        for text in [
            "",
            "users:1\n",
            "cacheflow keys 1 q:\nusers:1\nend 1\n",
            "cacheflow keys 1 p:\nusers:1\n",
            "cacheflow keys 1 p:\nusers:1\nend 2\n",
            "cacheflow keys 1 p:\nno key\nend 1\n",
            "cacheflow keys 2 p:\nend 0\n",
        ] {
            fs::write(place.file(), text).unwrap();
            assert!(read(&place.file(), "p:").is_err(), "{text:?}");
        }
        fs::write(place.file(), [0xff, 0xfe]).unwrap();
        assert!(read(&place.file(), "p:").is_err());
    }

    #[cfg(unix)]
    #[test]
    fn nobody_but_its_owner_reads_it() {
        use std::os::unix::fs::PermissionsExt;
        let place = Place::new("mode");
        write(&place.file(), "p:", &[key("users:7")]).unwrap();
        let mode = fs::metadata(place.file()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_place_that_is_none_is_an_error_and_leaves_nothing() {
        let place = Place::new("none");
        let file = place.0.join("not/there");
        assert!(write(&file, "p:", &[]).is_err());
        // Nor does a directory in its place.
        fs::create_dir(place.file()).unwrap();
        assert!(write(&place.file(), "p:", &[key("users:7")]).is_err());
        assert_eq!(fs::read_dir(&place.0).unwrap().count(), 1);
    }
}
