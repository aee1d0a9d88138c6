//! Recorded sequences of accesses.

use std::env;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use cacheflow_benches::{keys, machine};
use liblzma::bufread::XzDecoder;

/// A sequence of accesses, in the order in which they happened.
#[derive(Clone, Debug)]
pub struct Trace {
    /// Where it was recorded, or how it was made up.
    pub name: String,
    /// What was asked for.
    pub keys: Vec<u64>,
}

/// Of each trace at most `most` accesses: those in the folder `CACHEFLOW_TRACES`,
/// else in `../shared/traces` beside the repository. Where there is none, one
/// that is made up.
///
/// # Panics
///
/// If a trace cannot be read.
#[must_use]
pub fn all(most: usize) -> Vec<Trace> {
    let told = env::var_os("CACHEFLOW_TRACES").map(PathBuf::from);
    let folder = told.unwrap_or_else(|| machine::root().join("../shared/traces"));
    let traces = read_all(&folder, most);
    if traces.is_empty() {
        return vec![Trace {
            name: "Zipf(0.9), made up".to_owned(),
            keys: keys::zipf(100_000, 0.9, most.min(1_000_000), 1),
        }];
    }
    traces
}

/// The traces in a folder, in the order of their names.
fn read_all(folder: &Path, most: usize) -> Vec<Trace> {
    let Ok(entries) = folder.read_dir() else {
        return Vec::new();
    };
    let mut paths: Vec<_> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    paths.sort();
    let named = |path: &Path| {
        let file = path.file_name()?.to_str()?.strip_suffix(".xz")?;
        let (name, kind) = file.rsplit_once('.')?;
        let name = name.to_owned();
        let keys = decode(path, kind, most)?;
        Some(Trace { name, keys })
    };
    paths.iter().filter_map(|path| named(path)).collect()
}

/// The keys of a trace: `i32be` and `i64be` are numbers one after the other,
/// the lines of `txt` are time, key and size.
fn decode(path: &Path, kind: &str, most: usize) -> Option<Vec<u64>> {
    let file = BufReader::new(File::open(path).expect("the trace can be opened"));
    let mut bytes = Vec::new();
    // Of a text all is read: nobody knows how long its lines are.
    let longest = if kind == "txt" {
        u64::MAX
    } else {
        most as u64 * 8
    };
    XzDecoder::new(file)
        .take(longest)
        .read_to_end(&mut bytes)
        .expect("the trace is compressed with xz");
    let keys: Vec<u64> = match kind {
        "i32be" => (bytes.as_chunks().0.iter())
            .map(|key| u64::from(u32::from_be_bytes(*key)))
            .collect(),
        "i64be" => (bytes.as_chunks().0.iter())
            .map(|key| u64::from_be_bytes(*key))
            .collect(),
        "txt" => (String::from_utf8_lossy(&bytes).lines())
            .filter_map(|line| line.split_whitespace().nth(1)?.parse().ok())
            .collect(),
        _ => return None,
    };
    Some(keys.into_iter().take(most).collect())
}
