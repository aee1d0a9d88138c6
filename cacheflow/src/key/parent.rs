//! The row of a source that something else is a part of.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::{CacheKey, CacheName, FullKey, KeyBuf, Tag};
use crate::error::{Error, ErrorKind};

/// The longest name of an entity, in bytes.
const MAX_ENTITY_BYTES: usize = 128;

/// A row of a source that others are a part of: which entity, and which of it;
/// written `user:7`.
///
/// ```
/// use cacheflow::Parent;
///
/// let user = Parent::new("user", 7);
/// assert_eq!(user, "user:7".parse().unwrap());
/// assert_eq!((user.entity(), user.id()), ("user", "7"));
/// assert_eq!(user.to_string(), "user:7");
///
/// assert!("user".parse::<Parent>().is_err());
/// assert!("us er:7".parse::<Parent>().is_err());
/// ```
///
/// An entity's name is 1 to 128 of `[A-Za-z0-9_.@-]`; an id is any text that is
/// not empty. Whatever stands behind the first `:` is the id, more of them
/// included.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Parent {
    entity: Arc<str>,
    id: Arc<str>,
}

impl Parent {
    /// The row `id` of `entity`. What is wrong with them is told by who is given it.
    pub fn new(entity: impl AsRef<str>, id: impl fmt::Display) -> Self {
        Self {
            entity: entity.as_ref().into(),
            id: id.to_string().into(),
        }
    }

    /// Of which entity it is a row.
    #[must_use]
    pub fn entity(&self) -> &str {
        &self.entity
    }

    /// Which row it is.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What is wrong with it, and what is allowed.
    pub(crate) fn fault(&self) -> Option<String> {
        let whole = || shortened(&self.to_string());
        if let Some(fault) = entity_fault(&self.entity) {
            return Some(format!("parent = {:?}: {fault}", whole()));
        }
        let empty = self.id.is_empty();
        empty.then(|| format!("parent = {:?}: allowed is an id that is not empty", whole()))
    }

    /// The entries that this row's own value may lie under, in the cache that is
    /// called like the entity: a key that is a number is written in another way than
    /// a text that looks like one, and here nobody knows which it is.
    pub(crate) fn entries(&self) -> Vec<FullKey> {
        let Ok(cache) = CacheName::new(&self.entity) else {
            return Vec::new();
        };
        let keys = self.segments().map(|key| key.entry_key());
        let mut entries: Vec<_> = keys.map(|key| FullKey::new(&cache, &key)).collect();
        entries.dedup();
        entries
    }

    /// The tags that go with this row: with its id as it is, and as it is written in
    /// keys. None of what is too long to be a tag: no entry carries it.
    pub(crate) fn tags(&self) -> Vec<Tag> {
        let entity = &self.entity;
        let keys = self.segments().map(|key| format!("{entity}:{key}"));
        let texts = std::iter::once(self.to_string()).chain(keys);
        let mut tags: Vec<_> = texts.filter_map(|text| Tag::new(&text).ok()).collect();
        tags.sort_unstable();
        tags.dedup();
        tags
    }

    /// The id as the segment of a key: as a number's, and as a text's.
    fn segments(&self) -> impl Iterator<Item = KeyBuf> {
        let (mut number, mut text) = (KeyBuf::new(), KeyBuf::new());
        number.literal(&self.id);
        self.id.write_key(&mut text);
        [number, text].into_iter()
    }
}

/// What is wrong with the name of an entity, and what is allowed.
pub(crate) fn entity_fault(name: &str) -> Option<String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '@' | '-');
    let good = !name.is_empty() && name.len() <= MAX_ENTITY_BYTES && name.chars().all(allowed);
    (!good).then(|| {
        let name = shortened(name);
        format!(
            "entity = {name:?}: allowed are 1 to {MAX_ENTITY_BYTES} characters of [A-Za-z0-9_.@-]"
        )
    })
}

fn shortened(text: &str) -> String {
    text.chars().take(64).collect()
}

impl FromStr for Parent {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let fault = |message: String| Error::new(ErrorKind::InvalidConfig, "parent", message);
        let Some((entity, id)) = text.split_once(':') else {
            return Err(fault(format!(
                "parent = {:?}: allowed is the name of an entity, a colon and an id",
                shortened(text)
            )));
        };
        let parent = Self::new(entity, id);
        parent.fault().map_or(Ok(parent), |it| Err(fault(it)))
    }
}

impl fmt::Display for Parent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.entity, self.id)
    }
}

impl fmt::Debug for Parent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::Address;

    fn entries(parent: &Parent) -> Vec<String> {
        let entries = parent.entries();
        entries.iter().map(ToString::to_string).collect()
    }

    fn tags(parent: &Parent) -> Vec<String> {
        parent.tags().iter().map(ToString::to_string).collect()
    }

    fn key_of(key: impl CacheKey) -> FullKey {
        let mut buf = KeyBuf::new();
        key.write_key(&mut buf);
        Address::new(&CacheName::new("user").unwrap(), &buf).full
    }

    #[test]
    fn an_entry_is_found_whether_its_key_is_a_number_or_a_text() {
        let parent = Parent::new("user", 7);
        assert_eq!(entries(&parent), ["user:7", "user:'7"]);
        assert_eq!(entries(&Parent::new("user", "ada")), ["user:ada"]);
        for id in ["7", "-7", "true", "ada", "a:b*c d\n{}", &"x".repeat(300)] {
            let entries = Parent::new("user", id).entries();
            assert!(entries.contains(&key_of(id)), "{id}");
        }
        assert!(parent.entries().contains(&key_of(7_u64)));
        assert!(Parent::new("user", true).entries().contains(&key_of(true)));
    }

    #[test]
    fn a_tag_is_written_as_it_is_and_as_in_keys() {
        assert_eq!(tags(&Parent::new("org", "x")), ["org:x"]);
        assert_eq!(tags(&Parent::new("org", 3)), ["org:'3", "org:3"]);
        assert_eq!(tags(&Parent::new("org", "a b")), ["org:a b", "org:a%20b"]);
        assert_eq!(tags(&Parent::new("org", "x".repeat(125))), [""; 0]);
    }

    #[test]
    fn an_entity_that_no_cache_can_be_called_like_has_tags_alone() {
        let parent = Parent::new("tag", 7);
        assert_eq!(parent.fault(), None);
        assert_eq!(entries(&parent), [""; 0]);
        assert!(tags(&parent).contains(&"tag:7".to_owned()));
    }

    #[test]
    fn whatever_stands_behind_the_first_colon_is_the_id() {
        let parent: Parent = "user:a:b*\n{}".parse().unwrap();
        assert_eq!((parent.entity(), parent.id()), ("user", "a:b*\n{}"));
        assert_eq!(parent, parent.to_string().parse().unwrap());
    }

    #[test]
    fn a_fault_names_what_was_given_and_what_is_allowed() {
        for bad in ["user", "", "user:", ":7", "us er:7", "ü:7"] {
            let error = bad.parse::<Parent>().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidConfig);
            let text = error.to_string();
            assert!(
                text.contains(&format!("{bad:?}")) && text.contains("allowed"),
                "{text}"
            );
        }
        let long = Parent::new("x".repeat(10_000), 7).fault().unwrap();
        assert!(long.len() < 300, "{long}");
    }
}
