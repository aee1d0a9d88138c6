//! What memory and the shared store give is equal: for random values of many types, with
//! every codec. What a codec cannot give back is not kept.

use std::collections::BTreeMap;
use std::fmt::Debug;

use cacheflow::codec::Codec;
use cacheflow::{CacheFlow, CacheValue, Level};
use cacheflow_testkit::MemoryBackend;
use proptest::collection::{btree_map, hash_map, vec};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use serde::{Deserialize, Serialize};

use crate::world::{CODECS, flow, read, wire, written};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Tree {
    Empty,
    Leaf(i64),
    Pair(Box<Tree>, Box<Tree>),
    Many { name: String, all: Vec<Tree> },
    Maybe(Option<Box<Tree>>),
}

fn tree() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![Just(Tree::Empty), any::<i64>().prop_map(Tree::Leaf)];
    leaf.prop_recursive(6, 40, 4, |tree| {
        let boxed = || tree.clone().prop_map(Box::new);
        prop_oneof![
            (boxed(), boxed()).prop_map(|(one, other)| Tree::Pair(one, other)),
            ("\\PC*", vec(tree.clone(), 0..4)).prop_map(|(name, all)| Tree::Many { name, all }),
            proptest::option::of(boxed()).prop_map(Tree::Maybe),
        ]
    })
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Unit;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Wrapped<T>(T);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Pair<T, U> {
    #[serde(rename = "first one")]
    one: T,
    other: U,
}

/// Equal even where a number is none.
fn same<V: Debug + PartialEq>(one: &V, other: &V) -> bool {
    one == other || format!("{one:?}") == format!("{other:?}")
}

/// Through every codec and back; how many times a codec has refused.
fn agrees<V: CacheValue + Debug + PartialEq>(strategy: impl Strategy<Value = V>) {
    let mut runner = TestRunner::new(Config {
        failure_persistence: None,
        ..Config::with_cases(96)
    });
    let mut kept = [0; CODECS.len()];
    let kept = std::cell::RefCell::new(&mut kept);
    runner
        .run(&strategy, |value| {
            for (at, codec) in CODECS.iter().enumerate() {
                let wire = wire::<V>(codec);
                // Refused, it is kept nowhere.
                let Ok(bytes) = written(&wire, &value) else {
                    continue;
                };
                kept.borrow_mut()[at] += 1;
                let back = read(&wire, &bytes);
                prop_assert!(
                    back.as_ref().is_ok_and(|back| same(back, &value)),
                    "{codec}: {value:?} came back as {back:?}"
                );
            }
            Ok(())
        })
        .unwrap();
    // What has fields without names keeps everything.
    assert_eq!(kept.borrow()[2..], [96, 96]);
}

macro_rules! agree {
    ($($name:ident: $strategy:expr;)*) => {$(
        #[test]
        fn $name() {
            agrees($strategy);
        }
    )*};
}

fn text() -> impl Strategy<Value = String> {
    "\\PC*"
}

agree! {
    integers: any::<(u8, i8, u16, i16, u32, i32, u64, i64)>();
    long_integers: any::<(u128, i128)>();
    floats: (any::<f32>(), proptest::num::f64::ANY);
    optional_floats: proptest::option::of(proptest::num::f64::ANY);
    texts: (text(), any::<char>(), any::<bool>());
    units: (Just(()), Just(Unit), vec(Just(()), 0..5));
    options: proptest::option::of(text());
    nested_options: proptest::option::of(proptest::option::of(proptest::option::of(any::<u8>())));
    options_of_units: (proptest::option::of(Just(())), proptest::option::of(Just(Unit)));
    options_of_wrapped_options: proptest::option::of(
        proptest::option::of(any::<u8>()).prop_map(Wrapped).prop_map(Wrapped)
    );
    sequences: vec(vec(proptest::option::of(any::<i16>()), 0..5), 0..5);
    bytes: vec(any::<u8>(), 0..2000);
    maps_by_text: hash_map(text(), any::<i32>(), 0..8);
    maps_by_number: btree_map(any::<u16>(), text(), 0..8);
    maps_by_pair: btree_map(any::<(u8, bool)>(), any::<u8>(), 0..8);
    maps_by_option: btree_map(proptest::option::of(any::<u8>()), any::<u8>(), 0..8);
    results: prop_oneof![text().prop_map(Ok::<String, u8>), any::<u8>().prop_map(Err)];
    wrapped: vec(any::<u64>().prop_map(Wrapped), 0..9).prop_map(Wrapped);
    structs: (text(), any::<[u8; 16]>()).prop_map(|(one, other)| Pair { one, other });
    structs_in_structs: (proptest::option::of(text()), tree(), any::<bool>()).prop_map(
        |(one, other, last)| Pair { one: Wrapped(one), other: Pair { one: other, other: last } }
    );
    trees: tree();
    trees_by_name: hash_map(text(), vec(proptest::option::of(tree()), 0..3), 0..3);
    addresses: any::<(std::net::IpAddr, std::time::Duration, std::num::NonZeroU16)>();
}

/// Two nodes: the one that has loaded reads its memory, the other the shared store.
#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_read_what_one_has_loaded() {
    type Value = BTreeMap<String, (Option<f64>, Tree, BTreeMap<u8, Vec<u8>>)>;
    let values = btree_map(
        text(),
        (
            proptest::option::of(proptest::num::f64::ANY),
            tree(),
            btree_map(any::<u8>(), vec(any::<u8>(), 0..900), 0..3),
        ),
        0..4,
    );
    let mut runner = TestRunner::deterministic();
    for codec in CODECS {
        let server = MemoryBackend::new();
        let one = flow(&server, |flow| flow.codec(codec.clone())).await;
        let two = flow(&server, |flow| flow.codec(codec.clone())).await;
        let cache = |flow: &CacheFlow| flow.cache::<u64, Value>("values").build().unwrap();
        let (one, two) = (cache(&one), cache(&two));
        let mut levels = Vec::new();
        for key in 0..60_u64 {
            let value: Value = values.new_tree(&mut runner).unwrap().current();
            let load = async || Ok::<_, String>(value.clone());
            one.get_or_load(&key, load).await.unwrap();
            let first = one.entry(&key).load(async |_| load().await).await.unwrap();
            let second = two.entry(&key).load(async |_| load().await).await.unwrap();
            assert!(same(&first.value, &value), "{codec}: {value:?}");
            assert!(same(&second.value, &value), "{codec}: {value:?}");
            levels.push((first.level, second.level));
        }
        let hits = levels
            .iter()
            .filter(|levels| **levels == (Level::Memory, Level::Shared));
        // JSON keeps no number that is none; the others keep all of these.
        let expected = if codec == Codec::Json { 10 } else { 60 };
        assert!(hits.count() >= expected, "{codec}: {levels:?}");
    }
}
