//! Names of caches and of the entries in them.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use smallvec::SmallVec;

/// The longest name of a cache, in bytes.
const MAX_CACHE_NAME_BYTES: usize = 128;

/// What backends name their own things: a cache of such a name would lie among
/// them.
const RESERVED: [&str; 5] = ["invalidation", "journal", "lock", "rd", "tag"];

/// The name of a cache: 1 to 128 of `[A-Za-z0-9_.@-]`, and none of
/// `invalidation`, `journal`, `lock`, `rd` and `tag`, which are taken.
///
/// It stands before every key of the cache, in Redis and in messages, which is
/// why it may not hold a `:`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CacheName(Arc<str>);

impl CacheName {
    /// Checks a name.
    ///
    /// # Errors
    ///
    /// Says what is wrong with `name` and what is allowed.
    pub fn new(name: &str) -> Result<Self, String> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '@' | '-');
        if name.is_empty() || name.len() > MAX_CACHE_NAME_BYTES || !name.chars().all(allowed) {
            return Err(format!(
                "cache name = {name:?}: allowed are 1 to {MAX_CACHE_NAME_BYTES} characters of [A-Za-z0-9_.@-]"
            ));
        }
        if RESERVED.contains(&name) {
            return Err(format!(
                "cache name = {name:?}: allowed is any other than {}",
                RESERVED.join(", ")
            ));
        }
        Ok(Self(name.into()))
    }

    /// The name of a function's cache: its path with `.` for `::`.
    ///
    /// A path that cannot be a name, because it is long or has type parameters,
    /// keeps its readable end behind a hash of the whole.
    pub(crate) fn of_path(path: &str) -> Self {
        let name = path.replace("::", ".").replace("r#", "");
        Self::new(&name).unwrap_or_else(|_| {
            let hash = blake3::hash(path.as_bytes()).to_hex();
            let plain = |c: char| {
                if c.is_ascii_alphanumeric() || c == '.' {
                    c
                } else {
                    '_'
                }
            };
            let end: String = name.chars().map(plain).collect();
            let end = &end[end.len().saturating_sub(80)..];
            Self(format!("{}-{end}", &hash.as_str()[..32]).into())
        })
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same, shared.
    #[cfg(feature = "metrics")]
    pub(crate) fn shared(&self) -> Arc<str> {
        Arc::clone(&self.0)
    }
}

impl Borrow<str> for CacheName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CacheName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for CacheName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// The name of one entry within its cache.
#[derive(Clone)]
pub struct EntryKey(Name);

/// The longest name that stands where its owner stands.
const SHORT: usize = 22;

/// Most names are short: they need no memory of their own, and are found with what they
/// are the name of.
#[derive(Clone)]
enum Name {
    Short { length: u8, bytes: [u8; SHORT] },
    Long(Arc<[u8]>),
}

impl EntryKey {
    pub(crate) fn new(name: &[u8]) -> Self {
        let mut bytes = [0; SHORT];
        Self(match bytes.get_mut(..name.len()) {
            Some(short) => {
                short.copy_from_slice(name);
                Name::Short {
                    length: name.len() as u8,
                    bytes,
                }
            }
            None => Name::Long(name.into()),
        })
    }

    /// The name's bytes.
    #[must_use]
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Name::Short { length, bytes } => &bytes[..usize::from(*length)],
            Name::Long(name) => name,
        }
    }
}

impl PartialEq for EntryKey {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for EntryKey {}

impl PartialOrd for EntryKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for EntryKey {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

// As its bytes, by which it is borrowed.
impl Hash for EntryKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

impl Borrow<[u8]> for EntryKey {
    fn borrow(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl fmt::Display for EntryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(self.as_bytes()))
    }
}

impl fmt::Debug for EntryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", String::from_utf8_lossy(self.as_bytes()))
    }
}

/// A key with the name of its cache before it, `users:42`: what names an entry
/// in the shared store and in messages between nodes.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FullKey(Arc<str>);

impl FullKey {
    /// The key `key` of `cache`.
    #[must_use]
    pub fn new(cache: &CacheName, key: &EntryKey) -> Self {
        let mut text: SmallVec<[u8; 512]> = SmallVec::new();
        text.extend_from_slice(cache.as_str().as_bytes());
        text.push(b':');
        text.extend_from_slice(key.as_bytes());
        Self(String::from_utf8_lossy(&text).into())
    }

    /// Reads a full key out of a message; `None` if it names no cache.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (cache, _) = text.split_once(':')?;
        CacheName::new(cache).ok()?;
        Some(Self(text.into()))
    }

    /// The name of the cache.
    #[must_use]
    pub fn cache(&self) -> &str {
        self.separator().map_or("", |at| &self.0[..at])
    }

    /// The name of the entry within its cache.
    #[must_use]
    pub fn key(&self) -> &[u8] {
        let after = self.separator().map_or(self.0.len(), |at| at + 1);
        &self.0.as_bytes()[after..]
    }

    /// Where the name of the cache ends.
    fn separator(&self) -> Option<usize> {
        self.0.bytes().position(|byte| byte == b':')
    }

    /// The whole as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FullKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for FullKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hash::BuildHasher;

    #[test]
    fn a_cache_name_with_a_separator_is_refused() {
        for bad in ["", "a:b", "a b", "ä", "a*", "journal", &"x".repeat(129)] {
            let fault = CacheName::new(bad).unwrap_err();
            assert!(fault.contains("cache name"), "{fault}");
        }
        for good in ["users", "shop.users", "a-b_c@1", &"x".repeat(128)] {
            assert_eq!(CacheName::new(good).unwrap().as_str(), good);
        }
    }

    #[test]
    fn a_functions_path_becomes_a_name() {
        assert_eq!(
            CacheName::of_path("shop::users::find").as_str(),
            "shop.users.find"
        );
        let long = format!("{}::find", "module".repeat(40));
        let name = CacheName::of_path(&long);
        assert!(CacheName::new(name.as_str()).is_ok());
        assert!(name.as_str().ends_with("find"));
        assert_ne!(name, CacheName::of_path(&format!("x{long}")));
        assert!(CacheName::new(CacheName::of_path("krätze::ü").as_str()).is_ok());
        let generic = CacheName::of_path("shop::Repo<u8>::find");
        assert!(
            generic.as_str().ends_with("-shop.Repo_u8_.find"),
            "{generic}"
        );
        assert_ne!(generic, CacheName::of_path("shop::Repo<i8>::find"));
    }

    #[test]
    fn a_full_key_is_split_at_the_first_separator() {
        let key = FullKey::parse("users:1:x").unwrap();
        assert_eq!((key.cache(), key.key()), ("users", b"1:x".as_slice()));
        assert!(FullKey::parse("users").is_none());
        assert!(FullKey::parse(":1").is_none());
        assert!(FullKey::parse("us ers:1").is_none());
    }

    #[test]
    fn an_entry_key_is_found_by_its_bytes() {
        let state = foldhash::fast::RandomState::default();
        let key = EntryKey::new(b"1:x");
        let bytes: &[u8] = key.borrow();
        assert_eq!(state.hash_one(&key), state.hash_one(bytes));
    }

    /// The longest that stands where its owner stands, and one that does not.
    #[test]
    fn short_and_long_names_are_what_they_were_made_of() {
        let text = "x".repeat(SHORT + 2);
        for length in [0, 1, SHORT - 1, SHORT, SHORT + 1, SHORT + 2] {
            let name = EntryKey::new(&text.as_bytes()[..length]);
            assert_eq!(name.as_bytes().len(), length);
            assert_eq!(matches!(name.0, Name::Short { .. }), length <= SHORT);
            assert_eq!(name.to_string(), text[..length]);
            assert_eq!(name, name.clone());
        }
        let names = [b"a".as_slice(), b"ab", b"b", text.as_bytes()].map(EntryKey::new);
        assert!(names.is_sorted());
        assert_eq!(size_of::<Option<EntryKey>>(), 24);
    }
}
