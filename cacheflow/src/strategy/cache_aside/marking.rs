//! What a value is forgotten by, put together.

use crate::key::{Address, MAX_MARKS, MAX_TAGS, Marks, Tag};
use crate::source::Parts;
use crate::strategy::levels::Given;

/// The most bytes that marks may take in an envelope.
const MOST_BYTES: usize = u16::MAX as usize;

/// The marks of a value of `address`: what its caller gave, what the value says
/// (`own`), and what it was made of.
///
/// # Errors
///
/// Says which bound is crossed: such a value could not be forgotten, so it must
/// not be kept.
pub(super) fn marks(
    address: &Address,
    given: &Given,
    own: Vec<String>,
    parts: Parts,
) -> Result<Marks, String> {
    let mut tags = given.tags.to_vec();
    for tag in own {
        tags.push(Tag::new(&tag)?);
    }
    tags.sort_unstable();
    tags.dedup();
    if tags.len() > MAX_TAGS {
        return Err(format!(
            "tags = {} of them: allowed are {MAX_TAGS} for an entry",
            tags.len()
        ));
    }
    tags.extend(parts.tags);
    let mut dependencies = parts.dependencies;
    dependencies.extend_from_slice(&given.dependencies);
    // A load that asks for itself does not depend on itself.
    dependencies.retain(|key| *key != address.full);
    let marks = Marks::new(tags, dependencies);
    let texts = marks.tags().iter().map(Tag::as_str);
    let texts = texts.chain(marks.dependencies().iter().map(|key| key.as_str()));
    let bytes: usize = texts.map(|text| text.len() + 3).sum();
    if marks.len() > MAX_MARKS || bytes > MOST_BYTES {
        return Err(format!(
            "tags and dependencies = {} of them, {bytes} bytes: allowed are {MAX_MARKS} and {MOST_BYTES} bytes",
            marks.len()
        ));
    }
    Ok(marks)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::{CacheKey, CacheName, FullKey, KeyBuf};

    fn address() -> Address {
        let mut key = KeyBuf::new();
        1.write_key(&mut key);
        Address::new(&CacheName::new("c").unwrap(), &key)
    }

    fn full(key: usize) -> FullKey {
        FullKey::parse(&format!("c:{key}")).unwrap()
    }

    #[test]
    fn all_that_is_known_is_put_together_each_once_and_never_the_key_itself() {
        let given = Given {
            tags: [Tag::new("a").unwrap()].into(),
            dependencies: [full(2), full(1)].into(),
        };
        let parts = Parts {
            tags: vec![Tag::new("b").unwrap()],
            dependencies: vec![full(2), full(3)],
            expires: None,
        };
        let marks = marks(
            &address(),
            &given,
            vec!["a".to_owned(), "c".to_owned()],
            parts,
        );
        let tags = ["a", "b", "c"].map(|tag| Tag::new(tag).unwrap());
        let expected = Marks::new(tags.to_vec(), vec![full(2), full(3)]);
        assert_eq!(marks.unwrap(), expected);
    }

    #[test]
    fn too_many_tags_and_tags_out_of_bounds_are_refused_with_the_bound() {
        let tags = |count: usize| (0..count).map(|tag| tag.to_string()).collect();
        let with = |own| marks(&address(), &Given::default(), own, Parts::default());
        assert!(with(tags(MAX_TAGS)).is_ok());
        assert!(
            with(tags(MAX_TAGS + 1))
                .unwrap_err()
                .contains("allowed are 32")
        );
        assert!(with(vec![String::new()]).is_err());
        assert!(with(vec!["x".repeat(129)]).is_err());
    }

    /// Few enough, but an envelope could not carry them.
    #[test]
    fn what_takes_too_many_bytes_is_refused_with_the_bound() {
        let with = |count: usize| {
            let key = |n: usize| FullKey::parse(&format!("c:{n:0>97}")).unwrap();
            let given = Given {
                dependencies: (0..count).map(key).collect(),
                ..Given::default()
            };
            marks(&address(), &given, Vec::new(), Parts::default())
        };
        assert!(with(MOST_BYTES / 102).is_ok());
        let fault = with(MOST_BYTES / 102 + 1).unwrap_err();
        assert!(fault.contains("65535 bytes"), "{fault}");
    }

    #[test]
    fn what_was_taken_over_is_bounded_too() {
        let with = |count: usize| {
            let parts = Parts {
                dependencies: (2..count + 2).map(full).collect(),
                ..Parts::default()
            };
            marks(&address(), &Given::default(), Vec::new(), parts)
        };
        assert!(with(MAX_MARKS).is_ok());
        assert!(
            with(MAX_MARKS + 1)
                .unwrap_err()
                .contains("allowed are 1000")
        );
    }
}
