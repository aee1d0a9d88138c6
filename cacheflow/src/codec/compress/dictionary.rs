//! What values of a cache have in common, learnt from some of them.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use zstd::dict::from_samples;
use zstd::zstd_safe::get_dict_id;

use crate::error::{Error, ErrorKind, Result};

/// Where a dictionary of zstd has its number, in little endian.
const VERSION_AT: usize = 4;

/// How a dictionary's file ends.
const ENDING: &str = ".zdict";

/// What the values of a cache have in common, so that small ones become smaller: field
/// names, currencies, addresses of the same house.
///
/// [Trained](crate::Cache::train_dictionary) from a cache's values, and known by a
/// version, which stands in what is compressed with it. A cache is given all versions
/// whose entries may still live: it writes with the newest, and reads with any. What was
/// written with one that it is not given is a miss.
///
/// A new version is added to all instances like any other configuration; instances that
/// do not have it yet miss what others write with it.
///
/// ```no_run
/// use cacheflow::codec::{Compression, Dictionaries};
/// use cacheflow::{Cache, CacheFlow};
/// use std::path::Path;
///
/// # async fn example(flow: CacheFlow, carts: Cache<u64, String>) -> Result<(), Box<dyn std::error::Error>> {
/// let folder = Path::new("/etc/shop/dictionaries");
/// // Now and then, on an instance whose memory is full of carts:
/// carts.train_dictionary(2)?.save(folder, "carts")?;
///
/// // At start:
/// let known = Dictionaries::load(folder, "carts")?;
/// let carts: Cache<u64, String> = flow
///     .cache("carts")
///     .compression(Compression::zstd().dictionaries(known))
///     .build()?;
/// # Ok(()) }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Dictionary {
    version: u32,
    bytes: Arc<[u8]>,
}

impl Dictionary {
    /// Learns from encoded values. Some hundreds of them are needed; the dictionary
    /// takes up to `max_bytes`, of which a hundredth of all samples is a good measure,
    /// and 16 KiB often enough.
    ///
    /// Takes a second for ten megabytes of samples: not something for a task that
    /// answers requests.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfig`] if `version` is 0, or if the samples are too few or
    /// have nothing in common.
    pub fn train<S: AsRef<[u8]>>(version: u32, samples: &[S], max_bytes: usize) -> Result<Self> {
        if version == 0 {
            return Err(refused("version = 0: allowed is 1 to 4294967295"));
        }
        let mut bytes = from_samples(samples, max_bytes).map_err(|error| {
            let samples = samples.len();
            refused(&format!("{samples} samples are not enough")).because(error)
        })?;
        match bytes.get_mut(VERSION_AT..VERSION_AT + 4) {
            Some(place) => place.copy_from_slice(&version.to_le_bytes()),
            None => return Err(refused("zstd has given no dictionary")),
        }
        Self::from_bytes(bytes)
    }

    /// A dictionary that was trained before.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfig`] if it is none.
    pub fn from_bytes(bytes: impl Into<Arc<[u8]>>) -> Result<Self> {
        let bytes = bytes.into();
        match get_dict_id(&bytes) {
            Some(version) => Ok(Self {
                version: version.get(),
                bytes,
            }),
            None => Err(refused("these bytes are no dictionary of zstd")),
        }
    }

    /// Its version.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.version
    }

    /// Itself.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Writes it into `folder`, as `{cache}.{version}.zdict`: whole, or not at all.
    /// Returns the file.
    ///
    /// # Errors
    ///
    /// If the file cannot be written, or is there with other bytes: what was written
    /// with a version must stay readable.
    pub fn save(&self, folder: &Path, cache: &str) -> io::Result<PathBuf> {
        let path = folder.join(format!("{cache}.{}{ENDING}", self.version));
        match fs::read(&path) {
            Ok(bytes) if *bytes == *self.bytes => return Ok(path),
            Ok(_) => {
                let fault = format!("{}: this version is there already", path.display());
                return Err(io::Error::new(io::ErrorKind::AlreadyExists, fault));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let unfinished = path.with_extension(format!("{}.new", std::process::id()));
        fs::write(&unfinished, &self.bytes)?;
        fs::rename(&unfinished, &path)?;
        Ok(path)
    }
}

impl fmt::Debug for Dictionary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} bytes)", self.version, self.bytes.len())
    }
}

/// All versions of a cache's dictionary whose entries may still live.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Dictionaries(BTreeMap<u32, Dictionary>);

impl Dictionaries {
    /// All that lie in `folder` for `cache`; none if there is no such folder.
    ///
    /// # Errors
    ///
    /// If one of them cannot be read, or is not what its name says.
    pub fn load(folder: &Path, cache: &str) -> io::Result<Self> {
        let files = match fs::read_dir(folder) {
            Ok(files) => files,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(error),
        };
        let mut all = Self::default();
        for file in files {
            let path = file?.path();
            let Some(version) = version_of(&path, cache) else {
                continue;
            };
            let dictionary = Dictionary::from_bytes(fs::read(&path)?).ok();
            match dictionary.filter(|it| it.version == version) {
                Some(dictionary) => all = all.with(dictionary),
                None => {
                    let fault = format!("{}: no dictionary of this version", path.display());
                    return Err(io::Error::new(io::ErrorKind::InvalidData, fault));
                }
            }
        }
        Ok(all)
    }

    /// These and one more.
    #[must_use]
    pub fn with(mut self, dictionary: Dictionary) -> Self {
        self.0.insert(dictionary.version, dictionary);
        self
    }

    /// The one with which values are written.
    #[must_use]
    pub fn newest(&self) -> Option<&Dictionary> {
        self.0.values().next_back()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Dictionary> {
        self.0.values()
    }
}

/// The version in the name of a cache's file.
fn version_of(path: &Path, cache: &str) -> Option<u32> {
    let name = path.file_name()?.to_str()?;
    let version = name.strip_prefix(cache)?.strip_prefix('.')?;
    version.strip_suffix(ENDING)?.parse().ok()
}

impl fmt::Debug for Dictionaries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.values()).finish()
    }
}

fn refused(message: &str) -> Error {
    Error::new(ErrorKind::InvalidConfig, "dictionary", message)
}
