//! Keys: what identifies a cached value.
//!
//! A key is written as readable text, so that it can be recognised in
//! `redis-cli`, and injectively, so that no two keys share an entry:
//!
//! | value | text |
//! |---|---|
//! | `42_u64`, `-7_i32` | `42`, `-7` |
//! | `true`, `'x'` | `true`, `x` |
//! | `"ada@example.org"` | `ada@example.org` |
//! | `"a:b c"` | `a%3Ab%20c` (all outside `[A-Za-z0-9_.@-]`) |
//! | `""`, `"42"`, `"true"` | `''`, `'42`, `'true` (so that text is never taken for a number) |
//! | `None::<u8>`, `Some(1)`, `Some(None::<u8>)` | `~`, `1`, `~~` |
//! | `(1, "x")` | `1:x` |
//! | `[1, 2]` | `[1,2]` |
//! | `()` | `()` |
//! | `Plan::Team { seats: 5 }` | `Team(5)` |
//!
//! A key of more than [`MAX_NAME_BYTES`] bytes is kept under a readable head and
//! a 128-bit hash of the whole; the entry carries a longer hash, which every
//! read compares.
//!
//! Not promised: that a text can be turned back into its value, or that keys of
//! *different* types differ when both are numbers (`1_u8` and `1_u64` are one
//! key).

mod address;
mod buf;
mod impls;
mod marks;
mod name;
mod parent;
mod pattern;
mod sensitive;
mod tag;

pub(crate) use address::Address;
pub use buf::{KeyBuf, MAX_NAME_BYTES};
pub use marks::{MAX_MARKS, Marks};
pub use name::{CacheName, EntryKey, FullKey};
pub use parent::Parent;
pub(crate) use parent::entity_fault;
pub use pattern::{MAX_PATTERN_BYTES, Pattern};
pub use sensitive::Sensitive;
pub use tag::{MAX_TAG_BYTES, MAX_TAGS, Tag};

/// A value that can be part of a cache key.
///
/// Derive it for your own types with `#[derive(CacheKey)]`. By hand, write the
/// parts one after the other with [`KeyBuf::separator`] between them:
///
/// ```
/// use cacheflow::{CacheKey, KeyBuf};
///
/// struct Point { x: i32, y: i32 }
///
/// impl CacheKey for Point {
///     fn write_key(&self, key: &mut KeyBuf) {
///         self.x.write_key(key);
///         key.separator();
///         self.y.write_key(key);
///     }
/// }
///
/// let mut key = KeyBuf::new();
/// Point { x: 3, y: -4 }.write_key(&mut key);
/// assert_eq!(key.to_string(), "3:-4");
/// ```
///
/// An implementation must write different texts for values that are not equal,
/// and must not hold secrets: keys are readable in Redis and in events.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be part of a cache key",
    label = "not a `CacheKey`",
    note = "derive it: `#[derive(cacheflow::CacheKey)]`; or leave the argument out of the key: `#[cached(skip(name))]`"
)]
pub trait CacheKey {
    /// Appends this value's text to `key`.
    fn write_key(&self, key: &mut KeyBuf);
}
