//! Tags: names under which entries of several caches are forgotten together.

use std::fmt;
use std::sync::Arc;

/// The longest tag, in bytes.
pub const MAX_TAG_BYTES: usize = 128;

/// The most tags that one entry can be given; what it takes over from values
/// that it was made of is not counted.
pub const MAX_TAGS: usize = 32;

/// A name that entries share so that they can be forgotten together, such as
/// `org:7`: any text of 1 to [`MAX_TAG_BYTES`] bytes.
///
/// ```
/// use cacheflow::key::Tag;
///
/// assert_eq!(Tag::new("role:admin").unwrap().as_str(), "role:admin");
/// assert!(Tag::new("").is_err());
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tag(Arc<str>);

impl Tag {
    /// Checks a tag.
    ///
    /// # Errors
    ///
    /// Says what is wrong with `tag` and what is allowed.
    pub fn new(tag: &str) -> Result<Self, String> {
        if tag.is_empty() || tag.len() > MAX_TAG_BYTES {
            let shown: String = tag.chars().take(32).collect();
            return Err(format!(
                "tag = {shown:?} of {} bytes: allowed are 1 to {MAX_TAG_BYTES} bytes",
                tag.len()
            ));
        }
        Ok(Self(tag.into()))
    }

    /// The tag as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_has_bounds_and_the_fault_names_them() {
        assert!(Tag::new(&"x".repeat(MAX_TAG_BYTES)).is_ok());
        let fault = Tag::new(&"x".repeat(MAX_TAG_BYTES + 1)).unwrap_err();
        assert!(
            fault.contains("129 bytes") && fault.contains("1 to 128"),
            "{fault}"
        );
        assert!(fault.len() < 120, "{fault}");
        assert!(Tag::new("").is_err());
        assert!(Tag::new("*:[x]\n{}$1").is_ok());
    }
}
