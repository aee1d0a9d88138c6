//! Two keys of one type have one text if and only if they are equal.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::Arc;

use cacheflow::{Cache, CacheKey, KeyBuf};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use crate::support::alone;

fn text(key: &(impl CacheKey + ?Sized)) -> String {
    let mut buf = KeyBuf::new();
    key.write_key(&mut buf);
    buf.to_string()
}

/// Short, of few characters, so that two of them meet often.
fn hostile() -> impl Strategy<Value = String> + Clone {
    let character = prop_oneof![
        prop::sample::select(vec![
            '~', '\'', ':', ',', '(', ')', '[', ']', '%', '#', '1', '-', '0'
        ]),
        prop::sample::select(vec![
            'a', ' ', '*', '?', '\\', '{', '\0', '\n', 'ü', '"', '/'
        ]),
    ];
    prop_oneof![
        6 => vec(character, 0..4).prop_map(String::from_iter),
        1 => prop::sample::select(vec!["None", "true", "false", "''", "~~", "()", "[]", "%7E", "-1"])
            .prop_map(str::to_owned),
    ]
}

/// The shapes that keys are made of, put together in every way.
#[derive(Clone, Debug, PartialEq, CacheKey)]
enum Tree {
    Nothing,
    Text(String),
    Number(i16),
    Flag(bool),
    Letter(char),
    Unit(()),
    Maybe(Option<Box<Tree>>),
    Twice(Option<Option<String>>),
    Pair(Box<Tree>, Box<Tree>),
    Many(Vec<Tree>),
    Named {
        left: Box<Tree>,
        right: Option<(String, Option<i16>)>,
    },
    Cow(Cow<'static, str>),
}

/// The same by hand, as somebody writes it who does not derive.
#[derive(Clone, Debug, PartialEq)]
struct ByHand(Tree);

impl CacheKey for ByHand {
    fn write_key(&self, key: &mut KeyBuf) {
        key.variant(match &self.0 {
            Tree::Text(_) => "Text",
            Tree::Many(_) => "Many",
            _ => "Other",
        });
        key.open();
        match &self.0 {
            Tree::Text(text) => text.write_key(key),
            Tree::Many(trees) => {
                trees.len().write_key(key);
                for tree in trees {
                    key.separator();
                    ByHand(tree.clone()).write_key(key);
                }
            }
            other => other.write_key(key),
        }
        key.close();
    }
}

fn tree() -> impl Strategy<Value = Tree> + Clone {
    let small = -1..2_i16;
    let leaf = prop_oneof![
        Just(Tree::Nothing),
        hostile().prop_map(Tree::Text),
        small.clone().prop_map(Tree::Number),
        any::<bool>().prop_map(Tree::Flag),
        prop::sample::select(vec!['~', '1', 'a', ':']).prop_map(Tree::Letter),
        Just(Tree::Unit(())),
        option::of(option::of(hostile())).prop_map(Tree::Twice),
        hostile().prop_map(|text| Tree::Cow(text.into())),
    ];
    leaf.prop_recursive(3, 12, 3, move |tree| {
        let boxed = tree.clone().prop_map(Box::new);
        let right = option::of((hostile(), option::of(small.clone())));
        prop_oneof![
            option::of(boxed.clone()).prop_map(Tree::Maybe),
            (boxed.clone(), boxed.clone()).prop_map(|(left, right)| Tree::Pair(left, right)),
            vec(tree, 0..3).prop_map(Tree::Many),
            (boxed, right).prop_map(|(left, right)| Tree::Named { left, right }),
        ]
    })
}

/// All keys with one text are equal, and a key's copy has its text.
fn assert_injective<K: CacheKey + PartialEq + Debug + Clone>(keys: &[K]) {
    let mut seen: HashMap<String, &K> = HashMap::new();
    for key in keys {
        assert_eq!(text(key), text(&key.clone()));
        let other = seen.entry(text(key)).or_insert(key);
        assert_eq!(*other, key, "two keys share the text {}", text(key));
    }
}

/// Options of things that can begin alike, in tuples that have no brackets.
type Loose = (
    Option<Option<u8>>,
    Option<(Option<u8>, String)>,
    Option<Vec<Option<String>>>,
);

/// Lists of lists, of units, of pairs.
type Listed = (
    Vec<Vec<Option<()>>>,
    Vec<(Option<String>, String)>,
    [Option<char>; 2],
    (bool,),
);

fn loose() -> impl Strategy<Value = Loose> + Clone {
    let few = option::of(0..2_u8);
    let pair = option::of((few.clone(), hostile()));
    (
        option::of(few),
        pair,
        option::of(vec(option::of(hostile()), 0..3)),
    )
}

fn listed() -> impl Strategy<Value = Listed> + Clone {
    let units = vec(vec(option::of(Just(())), 0..3), 0..3);
    let pairs = vec((option::of(hostile()), hostile()), 0..3);
    let letters = prop::array::uniform2(option::of(prop::sample::select(vec!['~', '1', 'x'])));
    (units, pairs, letters, (any::<bool>(),))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(24) })]

    #[test]
    fn texts_of_derived_keys_are_injective(keys in vec(tree(), 200)) {
        assert_injective(&keys);
    }

    #[test]
    fn texts_of_keys_by_hand_are_injective(keys in vec(tree().prop_map(ByHand), 200)) {
        assert_injective(&keys);
    }

    #[test]
    fn texts_of_tuples_of_options_are_injective(keys in vec(loose(), 300)) {
        assert_injective(&keys);
    }

    #[test]
    fn texts_of_lists_are_injective(keys in vec(listed(), 200)) {
        assert_injective(&keys);
    }

    #[test]
    fn texts_of_strings_are_injective(keys in vec(hostile(), 1_000)) {
        assert_injective(&keys);
    }

    /// Nothing in a text can be taken for a pattern or end a line.
    #[test]
    fn a_text_is_made_of_harmless_characters(key in tree()) {
        let harmless = |c: char| c.is_ascii_alphanumeric() || "_.@-:()[],%~'".contains(c);
        let text = text(&key);
        prop_assert!(text.chars().all(harmless), "{}", text);
    }

    /// A cache is asked with what its keys borrow as.
    #[test]
    fn borrowed_forms_have_the_text_of_the_owned(key in hostile(), list in vec(hostile(), 0..4)) {
        let owned = text(&key);
        prop_assert_eq!(&text(key.as_str()), &owned);
        prop_assert_eq!(&text(&Arc::<str>::from(key.as_str())), &owned);
        prop_assert_eq!(&text(&Box::new(key.clone())), &owned);
        prop_assert_eq!(&text(&Cow::Borrowed(key.as_str())), &owned);
        prop_assert_eq!(&text(&&key), &owned);
        prop_assert_eq!(text(list.as_slice()), text(&list));
    }
}

/// Every value of a small type, so that nothing depends on luck.
#[test]
fn texts_of_all_small_options_and_lists_differ() {
    let strings = [
        "", "~", "'", "''", "1", "-", "~~", "a", ",", ":", "[", "]", "(", ")",
    ];
    let maybe: Vec<Option<&str>> = strings.into_iter().map(Some).chain([None]).collect();
    let mut keys = Vec::new();
    for first in maybe.iter().map(|m| Some(*m)).chain([None]) {
        for second in &maybe {
            keys.push((first, vec![*second]));
            keys.extend(maybe.iter().map(|third| (first, vec![*second, *third])));
        }
        keys.push((first, Vec::new()));
    }
    assert_injective(&keys);
}

#[tokio::test]
async fn names_of_long_keys_are_bounded_and_differ() {
    let cache: Cache<String, u8> = alone().await.cache("long").build().unwrap();
    let alike = "x".repeat(180);
    let mut names = HashMap::new();
    for length in 0..200 {
        for end in ["a", "b", "ü"] {
            let key = format!("{alike}{}{end}", "y".repeat(length));
            let name = cache.key(&key);
            assert!(name.len() <= cacheflow::key::MAX_NAME_BYTES, "{name}");
            assert_eq!(names.insert(name, key), None);
        }
    }
}

#[tokio::test]
async fn entries_of_keys_that_look_alike_are_apart() {
    let cache: Cache<(Option<String>, String), usize> =
        alone().await.cache("alike").build().unwrap();
    let keys = [
        (None, "a"),
        (Some("~"), "a"),
        (Some(""), "a"),
        (Some("a:b"), "c"),
        (Some("a"), "b:c"),
        (Some("None"), "a"),
    ];
    let keys = keys.map(|(first, second)| (first.map(str::to_owned), second.to_owned()));
    for (value, key) in keys.iter().enumerate() {
        let _ = cache.put(key, value).await.unwrap();
    }
    for (value, key) in keys.iter().enumerate() {
        assert_eq!(cache.get(key).await, Some(value), "{key:?}");
    }
}
