//! What an entry is forgotten by, beside its own key.

use super::{FullKey, Tag};

/// The most tags and dependencies that one entry carries, those that it took
/// over included.
pub const MAX_MARKS: usize = 1_000;

/// The tags of an entry, and the keys of all that it was made of: its own and
/// those of the values that it was made of, each once, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    tags: Vec<Tag>,
    dependencies: Vec<FullKey>,
}

impl Marks {
    /// No marks.
    pub const NONE: &Self = &Self {
        tags: Vec::new(),
        dependencies: Vec::new(),
    };

    /// Marks of these tags and dependencies.
    #[must_use]
    pub fn new(mut tags: Vec<Tag>, mut dependencies: Vec<FullKey>) -> Self {
        tags.sort_unstable();
        tags.dedup();
        dependencies.sort_unstable();
        dependencies.dedup();
        Self { tags, dependencies }
    }

    /// The tags.
    #[must_use]
    pub fn tags(&self) -> &[Tag] {
        &self.tags
    }

    /// The keys that the entry depends on.
    #[must_use]
    pub fn dependencies(&self) -> &[FullKey] {
        &self.dependencies
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tags.len() + self.dependencies.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
