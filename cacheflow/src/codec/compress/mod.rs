//! Compression of what lies in the shared store.

#[cfg(feature = "zstd")]
mod dictionary;
#[cfg(feature = "zstd")]
mod pool;
#[cfg(feature = "zstd")]
mod zstd;

#[cfg(feature = "zstd")]
pub use dictionary::{Dictionaries, Dictionary};

#[cfg(feature = "zstd")]
pub(super) use zstd::Packer;

/// Encodings up to this length are stored as they are.
#[cfg(feature = "zstd")]
const ABOVE: usize = 1024;

/// The same where a dictionary knows what values look like.
#[cfg(feature = "zstd")]
const ABOVE_WITH_DICTIONARY: usize = 64;

/// Whether and how values are compressed in the shared store: an option of a flow and of
/// a cache.
///
/// | option | what | default | range |
/// |---|---|---|---|
/// | [`above`](Self::above) | the longest encoding that is stored as it is | 1 KiB; with a dictionary 64 B | 0 to 512 MiB |
/// | [`level`](Self::level) | how hard zstd tries | 3 | 1 to 19 |
/// | [`dictionaries`](Self::dictionaries) | what values of the cache have in common | none | |
///
/// What does not become shorter is stored as it is. What is read may become no longer
/// than the cache's `max_value_bytes`, whatever it says of itself.
///
/// ```
/// use cacheflow::codec::Compression;
/// use cacheflow::{Cache, CacheFlow};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let flow = CacheFlow::builder().compression(Compression::zstd().level(1)).build().await?;
/// let pages: Cache<u64, String> = flow.cache("pages").compress_above(256).build()?;
/// let images: Cache<u64, Vec<u8>> = flow.cache("images").compression(Compression::none()).build()?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compression {
    /// `None`: none at all.
    pub(crate) level: Option<i32>,
    pub(crate) above: Option<usize>,
    #[cfg(feature = "zstd")]
    pub(crate) dictionaries: Dictionaries,
}

impl Default for Compression {
    fn default() -> Self {
        #[cfg(feature = "zstd")]
        return Self::zstd();
        #[cfg(not(feature = "zstd"))]
        return Self::none();
    }
}

impl Compression {
    /// None. What others have compressed is still read, where the feature `zstd` is on.
    #[must_use]
    pub fn none() -> Self {
        Self {
            level: None,
            above: None,
            #[cfg(feature = "zstd")]
            dictionaries: Dictionaries::default(),
        }
    }

    /// zstd, which is the default.
    #[cfg(feature = "zstd")]
    #[must_use]
    pub fn zstd() -> Self {
        Self {
            level: Some(3),
            ..Self::none()
        }
    }

    /// How hard zstd tries: 1 to 19, by default 3.
    #[cfg(feature = "zstd")]
    #[must_use]
    pub fn level(self, level: i32) -> Self {
        Self {
            level: Some(level),
            ..self
        }
    }

    /// Encodings of up to this many bytes are stored as they are.
    #[must_use]
    pub fn above(self, bytes: usize) -> Self {
        Self {
            above: Some(bytes),
            ..self
        }
    }

    /// What values of the cache have in common, see [`Dictionary`].
    #[cfg(feature = "zstd")]
    #[must_use]
    pub fn dictionaries(self, dictionaries: Dictionaries) -> Self {
        Self {
            dictionaries,
            ..self
        }
    }

    /// What is wrong with it.
    pub(crate) fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if let Some(level) = self.level.filter(|level| !(1..=19).contains(level)) {
            faults.push(format!("compression.level = {level}: allowed is 1 to 19"));
        }
        let most = 512 * 1024 * 1024;
        if let Some(above) = self.above.filter(|above| *above > most) {
            faults.push(format!(
                "compress_above = {above} bytes: allowed is 0 to {most} bytes"
            ));
        }
        faults
    }

    /// The longest encoding that is stored as it is.
    #[cfg(feature = "zstd")]
    pub(crate) fn threshold(&self) -> usize {
        if !self.dictionaries.is_empty() {
            return self.above.unwrap_or(ABOVE_WITH_DICTIONARY);
        }
        self.above.unwrap_or(ABOVE)
    }
}

#[cfg(all(test, feature = "zstd"))]
mod tests;
