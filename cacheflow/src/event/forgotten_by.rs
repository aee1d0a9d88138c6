//! By what an entry was forgotten.

use std::fmt;

use super::Target;
use crate::key::{CacheName, FullKey, Pattern, Tag};

/// By what an entry was forgotten, if not by its own key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ForgottenBy {
    /// A tag that it carried.
    Tag(Tag),
    /// A key of which it was made.
    Dependency(FullKey),
    /// A pattern that matches its key, or one of which it was made.
    Pattern(Pattern),
    /// All of a cache of which it was made.
    Cache(CacheName),
}

impl ForgottenBy {
    /// What forgets entries by something else than their keys.
    pub(crate) fn of(target: Target<'_>) -> Option<Self> {
        Some(match target {
            Target::Tag(tag) => Self::Tag(tag.clone()),
            Target::Pattern(pattern) => Self::Pattern(pattern.clone()),
            Target::Cache(cache) => Self::Cache(cache.clone()),
            Target::Key(key)
            | Target::OwnPut(key)
            | Target::Putting(key)
            | Target::DependentsOf(key) => Self::Dependency(key.clone()),
            Target::Everything => return None,
        })
    }
}

impl fmt::Display for ForgottenBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tag(tag) => write!(f, "the tag {tag}"),
            Self::Dependency(key) => write!(f, "{key}, of which it was made"),
            Self::Pattern(pattern) => write!(
                f,
                "the pattern {pattern}, which matches it or something of which it was made"
            ),
            Self::Cache(cache) => write!(f, "the cache {cache}, of which it was made"),
        }
    }
}
