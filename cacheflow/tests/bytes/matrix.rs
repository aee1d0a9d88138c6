//! Old writers and new readers, new writers and old readers: always the right value or
//! a miss, never another value, never an error.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;

use cacheflow::Unreadable;
use cacheflow::codec::{Codec, Compression, Wire};
use cacheflow_testkit::MemoryBackend;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::world::{CODECS, NAME, faults, flow, load, read, users, wire, written};

/// Two versions of a type: each in a module of its own, under the same name.
macro_rules! versions {
    ($($name:ident { $($old:item)* } => { $($new:item)* })*) => {$(
        #[allow(unreachable_pub, reason = "the types and their fields are written briefly")]
        mod $name {
            pub(super) mod old {
                #[allow(unused_imports)]
                use super::super::*;
                $(#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)] $old)*
            }
            pub(super) mod new {
                #[allow(unused_imports)]
                use super::super::*;
                $(#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)] $new)*
            }
        }
    )*};
}

versions! {
    field_added { pub struct User { pub id: u32 } }
        => { pub struct User { pub id: u32, #[serde(default)] pub age: u8 } }
    option_added { pub struct User { pub id: u32 } }
        => { pub struct User { pub id: u32, pub nick: Option<String> } }
    field_renamed { pub struct User { pub id: u32, #[serde(default)] pub nick: String } }
        => { pub struct User { pub id: u32, #[serde(default)] pub name: String } }
    fields_reordered { pub struct User { pub width: u32, pub height: u32 } }
        => { pub struct User { pub height: u32, pub width: u32 } }
    field_retyped { pub struct User { pub id: u32, pub balance: u32 } }
        => { pub struct User { pub id: u32, pub balance: i32 } }
    field_widened { pub struct User { pub id: u8 } } => { pub struct User { pub id: u64 } }
    number_to_text { pub struct User { pub id: u32 } } => { pub struct User { pub id: String } }
    text_to_bytes { pub struct User { pub id: String } } => { pub struct User { pub id: Vec<u8> } }
    made_optional { pub struct User { pub id: u32 } } => { pub struct User { pub id: Option<u32> } }
    made_many { pub struct User { pub id: u32 } } => { pub struct User { pub id: Vec<u32> } }
    float_to_number { pub struct User { pub id: f64 } } => { pub struct User { pub id: u64 } }
    tuple_reordered { pub struct User(pub u8, pub u16); } => { pub struct User(pub u16, pub u8); }
    tuple_longer { pub struct User(pub u8, pub u8); }
        => { pub struct User(pub u8, pub u8, pub u8); }
    struct_to_tuple { pub struct User { pub width: u32, pub height: u32 } }
        => { pub struct User(pub u32, pub u32); }
    wrapped { pub struct User(pub f64); } => { pub struct Feet(pub f64); pub struct User(pub Feet); }
    variant_added { pub enum User { Guest, Member(u32) } }
        => { pub enum User { Guest, Member(u32), Staff } }
    variant_before { pub enum User { Guest, Member(u32) } }
        => { pub enum User { Staff, Guest, Member(u32) } }
    variant_renamed { pub enum User { Guest, Member(u32) } }
        => { pub enum User { Guest, Staff(u32) } }
    variants_reordered { pub enum User { Guest, Member } } => { pub enum User { Member, Guest } }
    variant_retyped { pub enum User { Member(u32) } } => { pub enum User { Member(i32) } }
    variant_shaped { pub enum User { Member(u32, u32) } }
        => { pub enum User { Member { id: u32, age: u32 } } }
    deep { pub struct In { pub x: u32, pub y: u32 } pub struct User { pub all: Vec<Option<In>> } }
        => { pub struct In { pub x: u32, pub z: u32 } pub struct User { pub all: Vec<Option<In>> } }
    deep_in_map { pub struct In { pub x: u32 } pub struct User { pub all: BTreeMap<u8, In> } }
        => { pub struct In { pub x: f32 } pub struct User { pub all: BTreeMap<u8, In> } }
    deep_in_variant { pub struct In { pub x: u8, pub y: i8 } pub enum User { A, B(In) } }
        => { pub struct In { pub y: i8, pub x: u8 } pub enum User { A, B(In) } }
}

/// What `writer` writes, read by a `reader` that takes it for its own.
fn seen<A, B>(codec: &Codec, value: &A) -> Result<B, Unreadable>
where
    A: Serialize + DeserializeOwned + 'static,
    B: Serialize + DeserializeOwned + 'static,
{
    let bytes = written(&wire::<A>(codec), value).unwrap();
    read(&wire::<B>(codec), &bytes)
}

fn misses<A, B>(value: A)
where
    A: Serialize + DeserializeOwned + Debug + 'static,
    B: Serialize + DeserializeOwned + Debug + PartialEq + 'static,
{
    for codec in CODECS {
        let seen = seen::<A, B>(&codec, &value);
        assert_eq!(seen, Err(Unreadable::Schema), "{codec}: {value:?}");
    }
}

/// Another type has taken the place of the old one.
macro_rules! are_apart {
    ($($name:ident: $old:expr, $new:expr;)*) => {$(
        #[test]
        fn $name() {
            use super::$name::{new, old};
            misses::<old::User, new::User>({ use old::*; $old });
            misses::<new::User, old::User>({ use new::*; $new });
        }
    )*};
}

mod apart {
    use super::*;

    are_apart! {
        field_added: User { id: 7 }, User { id: 7, age: 36 };
        option_added: User { id: 7 }, User { id: 7, nick: Some("Ada".into()) };
        field_renamed: User { id: 7, nick: "Ada".into() }, User { id: 7, name: "Ada".into() };
        field_retyped: User { id: 7, balance: 5 }, User { id: 7, balance: -5 };
        field_widened: User { id: 7 }, User { id: 7 };
        number_to_text: User { id: 7 }, User { id: "7".into() };
        text_to_bytes: User { id: "7".into() }, User { id: vec![7] };
        made_optional: User { id: 7 }, User { id: Some(7) };
        made_many: User { id: 7 }, User { id: vec![7] };
        float_to_number: User { id: 7.0 }, User { id: 7 };
        tuple_reordered: User(1, 2), User(1, 2);
        tuple_longer: User(1, 2), User(1, 2, 3);
        struct_to_tuple: User { width: 1, height: 2 }, User(1, 2);
        wrapped: User(1.5), User(Feet(1.5));
        variant_added: User::Member(7), User::Member(7);
        variant_before: User::Member(7), User::Guest;
        variant_renamed: User::Member(7), User::Staff(7);
        variant_retyped: User::Member(7), User::Member(7);
        variant_shaped: User::Member(7, 8), User::Member { id: 7, age: 8 };
        deep: User { all: vec![None, Some(In { x: 1, y: 2 })] },
            User { all: vec![Some(In { x: 1, z: 2 })] };
        deep_in_map: User { all: [(1, In { x: 2 })].into() }, User { all: [(1, In { x: 2.0 })].into() };
    }
}

/// Where fields have names, their order is nobody's business.
fn is_read_by_name<A, B>(value: &A, same: &B)
where
    A: Serialize + DeserializeOwned + 'static,
    B: Serialize + DeserializeOwned + Clone + Debug + PartialEq + 'static,
{
    for codec in CODECS {
        let expected = match codec {
            Codec::MessagePack | Codec::Json => Ok(same.clone()),
            _ => Err(Unreadable::Schema),
        };
        assert_eq!(seen::<A, B>(&codec, value), expected, "{codec}");
    }
}

#[test]
fn reordered_fields_are_read_by_name_or_miss() {
    use fields_reordered::{new, old};
    let before = old::User {
        width: 1,
        height: 2,
    };
    let after = new::User {
        height: 2,
        width: 1,
    };
    is_read_by_name(&before, &after);
    is_read_by_name(&after, &before);
}

#[test]
fn reordered_variants_are_read_by_name_or_miss() {
    use variants_reordered::{new, old};
    is_read_by_name(&old::User::Guest, &new::User::Guest);
    is_read_by_name(&new::User::Member, &old::User::Member);
}

#[test]
fn reordered_fields_deep_within_are_read_by_name_or_miss() {
    use deep_in_variant::{new, old};
    let before = old::User::B(old::In { x: 1, y: 2 });
    let after = new::User::B(new::In { y: 2, x: 1 });
    is_read_by_name(&before, &after);
    is_read_by_name(&after, &before);
    is_read_by_name(&old::User::A, &new::User::A);
}

#[test]
fn the_same_type_is_read_by_every_codec() {
    let users: HashMap<u8, _> = [(1, deep::old::In { x: 1, y: 2 })].into();
    for codec in CODECS {
        assert_eq!(seen(&codec, &users), Ok(users.clone()), "{codec}");
    }
}

#[test]
fn what_one_codec_writes_is_a_miss_for_every_other() {
    for writer in CODECS {
        let bytes = written(&wire::<u32>(&writer), &7).unwrap();
        for reader in CODECS {
            let expected = match reader == writer {
                true => Ok(7),
                false => Err(Unreadable::Codec),
            };
            assert_eq!(read(&wire::<u32>(&reader), &bytes), expected);
        }
    }
}

/// Where nothing is known of the type, a version tells.
#[test]
fn versions_tell_what_cannot_be_traced() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(untagged)]
    enum Any {
        Number(u32),
    }
    let of = |version| Wire::<Any>::new(&Codec::Json, &Compression::default(), version).unwrap();
    let value = Any::Number(7);
    for (writer, reader, is_read) in [
        (None, None, true),
        (None, Some(0), false),
        (Some(0), None, false),
        (Some(1), Some(1), true),
        (Some(1), Some(2), false),
        (Some(2), Some(1), false),
    ] {
        let bytes = written(&of(writer), &value).unwrap();
        let seen = read(&of(reader), &bytes);
        match is_read {
            true => assert_eq!(seen, Ok(Any::Number(7))),
            false => assert_eq!(seen, Err(Unreadable::Schema), "{writer:?} {reader:?}"),
        }
    }
    // And beside what can.
    let of = |version| Wire::<u8>::new(&Codec::Json, &Compression::default(), version).unwrap();
    let bytes = written(&of(Some(1)), &7).unwrap();
    assert_eq!(read(&of(Some(2)), &bytes), Err(Unreadable::Schema));
    assert_eq!(read(&of(Some(1)), &bytes), Ok(7));
}

/// Two versions of a service on one server: a miss, told, and replaced.
#[tokio::test]
async fn another_schema_is_a_miss_and_replaced() {
    use field_renamed::{new, old};
    for codec in CODECS {
        let server = MemoryBackend::new();
        let before = flow(&server, |flow| flow.codec(codec.clone())).await;
        let after = flow(&server, |flow| flow.codec(codec.clone())).await;
        let ada = old::User {
            id: 7,
            nick: "Ada".into(),
        };
        let grace = new::User {
            id: 7,
            name: "Grace".into(),
        };
        load(&users(&before), ada).await;
        let mut events = after.events();
        let cache = users(&after);
        assert_eq!(load(&cache, grace.clone()).await, grace, "{codec}");
        assert_eq!(faults(&mut events), [Unreadable::Schema]);
        let stats = cache.stats();
        assert_eq!((stats.unreadable, stats.store_failures), (1, 0));
        // It is there, and not loaded again.
        let not_run = new::User {
            id: 0,
            name: "not run".into(),
        };
        assert_eq!(load(&cache, not_run).await, grace, "{codec}");
        assert!(server.value(NAME).is_some());
    }
}
