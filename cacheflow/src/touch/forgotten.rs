//! What is forgotten of the rows of a chain.

use std::collections::HashSet;

use crate::event::Forgotten;
use crate::key::{FullKey, Parent};

/// The entries and tags of these rows, and `further` entries, each once.
pub(super) fn of(rows: &[Parent], further: Vec<FullKey>) -> Forgotten {
    let entries = rows.iter().flat_map(Parent::entries);
    let tags = rows.iter().flat_map(Parent::tags);
    Forgotten {
        keys: once_each(entries.chain(further)),
        tags: once_each(tags),
        ..Forgotten::default()
    }
}

fn once_each<T: Clone + Eq + std::hash::Hash>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut seen = HashSet::new();
    all.filter(|it| seen.insert(it.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_forgotten_by_entry_and_tag_and_everything_once() {
        let rows = [Parent::new("user", "ada"), Parent::new("tag", "x")];
        let key = |text: &str| FullKey::parse(text).unwrap();
        let further = vec![key("pages:1"), key("user:ada"), key("pages:1")];
        let forgotten = of(&rows, further);
        assert_eq!(forgotten.keys, [key("user:ada"), key("pages:1")]);
        let tags: Vec<_> = forgotten.tags.iter().map(|tag| tag.as_str()).collect();
        assert_eq!(tags, ["user:ada", "tag:x"]);
    }
}
