//! What share of requests a bounded memory serves, on recorded traces: ours beside bare moka.

use std::collections::HashSet;
use std::env;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use cacheflow::{Cache, CacheFlow, Strategy};
use cacheflow_benches::keys;
use cacheflow_benches::machine;
use cacheflow_benches::ready::now;
use cacheflow_benches::table::Table;
use liblzma::bufread::XzDecoder;

/// Of a longer trace the rest is not replayed.
const MOST_REQUESTS: usize = 1_500_000;

/// Bounds, as shares of the distinct keys.
const SHARES: [f64; 3] = [0.01, 0.05, 0.25];

fn main() {
    let quick = env::args().any(|argument| argument == "--quick" || argument == "--test");
    let folder = env::var_os("CACHEFLOW_TRACES").map(PathBuf::from);
    let traces = folder.map(|folder| read_all(&folder));
    let mut traces = traces.unwrap_or_else(|| {
        let made_up = keys::zipf(100_000, 0.9, 1_000_000, 1);
        vec![("Zipf(0.9), made up".to_owned(), made_up)]
    });
    if quick {
        traces
            .iter_mut()
            .for_each(|(_, keys)| keys.truncate(100_000));
    }
    let mut table = Table::headed([
        "trace",
        "requests",
        "keys",
        "bound",
        "moka",
        "ours",
        "ours − moka",
    ]);
    for (name, keys) in &traces {
        let distinct = keys.iter().collect::<HashSet<_>>().len();
        for share in SHARES {
            let bound = ((distinct as f64 * share) as u64).max(1);
            let (moka, ours) = (by_moka(keys, bound), by_cacheflow(keys, bound));
            table.row([
                name.clone(),
                keys.len().to_string(),
                distinct.to_string(),
                bound.to_string(),
                format!("{moka:.4}"),
                format!("{ours:.4}"),
                format!("{:+.4}", ours - moka),
            ]);
        }
    }
    println!("{}\n\n{table}", machine::described());
}

fn by_moka(keys: &[u64], bound: u64) -> f64 {
    let cache = moka::sync::Cache::new(bound);
    share_of(keys, |key| {
        let is_hit = cache.get(&key).is_some();
        if !is_hit {
            cache.insert(key, key);
        }
        is_hit
    })
}

fn by_cacheflow(keys: &[u64], bound: u64) -> f64 {
    let flow = now(CacheFlow::builder().build()).expect("the defaults are valid");
    let builder = flow.cache("replayed").max_entries(bound);
    let builder = builder.strategy(Strategy::multi_level());
    let cache: Cache<u64, u64> = builder.build().expect("the options are valid");
    share_of(keys, |key| {
        let mut is_hit = true;
        let load = async || {
            is_hit = false;
            Ok::<_, std::io::Error>(key)
        };
        now(cache.get_or_load(&key, load)).expect("loading does not fail");
        is_hit
    })
}

fn share_of(keys: &[u64], mut is_hit: impl FnMut(u64) -> bool) -> f64 {
    let hits = keys.iter().filter(|key| is_hit(**key)).count();
    hits as f64 / keys.len() as f64
}

/// The traces in a folder, in the order of their names.
fn read_all(folder: &Path) -> Vec<(String, Vec<u64>)> {
    let entries = folder.read_dir().expect("the folder can be read");
    let mut paths: Vec<_> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    paths.sort();
    let named = |path: &Path| {
        let file = path.file_name()?.to_str()?.strip_suffix(".xz")?;
        let (name, kind) = file.rsplit_once('.')?;
        Some((name.to_owned(), decode(path, kind)?))
    };
    paths.iter().filter_map(|path| named(path)).collect()
}

/// The keys of a trace: see the quickstart's reader for the formats.
fn decode(path: &Path, kind: &str) -> Option<Vec<u64>> {
    let file = BufReader::new(File::open(path).expect("the trace can be opened"));
    let mut bytes = Vec::new();
    XzDecoder::new(file)
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
    Some(keys.into_iter().take(MOST_REQUESTS).collect())
}
