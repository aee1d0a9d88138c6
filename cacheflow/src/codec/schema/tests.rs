use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;

use super::*;

const BY_NAME: Way = Way {
    is_human_readable: false,
    names_fields: true,
};
const BY_PLACE: Way = Way {
    names_fields: false,
    ..BY_NAME
};
const TEXT: Way = Way {
    is_human_readable: true,
    ..BY_NAME
};

fn described<V: DeserializeOwned>() -> String {
    describe::<V>(BY_PLACE).expect("it can be traced")
}

#[test]
fn simple_types_are_what_they_ask_for() {
    assert_eq!(described::<u32>(), "u32");
    assert_eq!(described::<Box<str>>(), "str");
    assert_eq!(described::<Arc<Vec<Option<i8>>>>(), "seq of option of i8");
    assert_eq!(described::<()>(), "unit");
}

#[test]
fn structs_are_gone_into_field_by_field() {
    #[derive(Deserialize)]
    #[allow(dead_code)]
    struct User {
        id: u64,
        #[serde(rename = "nick")]
        name: Option<String>,
        homes: Vec<Home>,
        last: Home,
    }
    #[derive(Deserialize)]
    #[allow(dead_code)]
    struct Home {
        street: String,
        #[serde(skip)]
        seen: u8,
    }
    assert_eq!(
        described::<User>(),
        "Struct \"User\" {\"id\": u64, \"nick\": option of str, \
         \"homes\": seq of Struct \"Home\" {\"street\": str, }, \"last\": #1, }"
    );
}

#[test]
fn enums_are_gone_into_variant_by_variant() {
    #[derive(Deserialize)]
    #[allow(dead_code)]
    enum Shape {
        Nothing,
        Circle(f64),
        Line(i32, (u8, String)),
        Box {
            width: u16,
            inner: Option<Box<Shape>>,
        },
    }
    assert_eq!(
        described::<Shape>(),
        "Enum \"Shape\" {\"Nothing\": nothing, \"Circle\": f64, \
         \"Line\": Tuple \"Line\" {\"\": i32, \"\": Tuple \"\" {\"\": u8, \"\": str, }, }, \
         \"Box\": Struct \"Box\" {\"width\": u16, \"inner\": option of #0, }, }"
    );
}

#[test]
fn types_that_contain_themselves_end() {
    #[derive(Deserialize)]
    #[allow(dead_code)]
    struct Endless(Option<Box<Endless>>);
    assert_eq!(
        described::<Endless>(),
        "Newtype \"Endless\" {\"0\": option of #0, }"
    );

    #[derive(Deserialize)]
    #[allow(dead_code)]
    enum Sum {
        Plus(Box<Sum>, Box<Sum>),
        Number(i64),
    }
    // To come to the second summand, the first is made up, and its first possibility has
    // no end.
    assert_eq!(
        described::<Sum>(),
        "Enum \"Sum\" {\"Plus\": Tuple \"Plus\" {\"\": #0, \"\": #0, }, \"Number\": i64, }"
    );
}

#[test]
fn types_with_rules_of_their_own_are_traced() {
    #[derive(Deserialize)]
    #[allow(dead_code)]
    struct Peer {
        number: NonZeroU32,
        address: IpAddr,
        rest: String,
    }
    let text = describe::<Peer>(TEXT).unwrap();
    assert_eq!(
        text,
        "Struct \"Peer\" {\"address\": str, \"number\": u32, \"rest\": str, }"
    );
    // The same types before another, where values have to be made up.
    let tuple = describe::<(NonZeroU32, IpAddr, char, u8)>(TEXT).unwrap();
    assert!(tuple.ends_with("\": char, \"\": u8, }"), "{tuple}");
    // In bytes an address is an enum of arrays.
    let bytes = described::<(IpAddr, Duration, u8)>();
    assert!(bytes.contains("Enum \"IpAddr\""), "{bytes}");
    assert!(bytes.ends_with("\": u8, }"), "{bytes}");
}

#[test]
fn maps_have_keys_and_values() {
    let map = described::<HashMap<String, BTreeMap<u8, Vec<bool>>>>();
    assert_eq!(
        map,
        "Map \"\" {\"key\": str, \"value\": Map \"\" {\"key\": u8, \"value\": seq of bool, }, }"
    );
    let ruled = describe::<BTreeMap<IpAddr, NonZeroU32>>(TEXT).unwrap();
    assert_eq!(ruled, "Map \"\" {\"key\": str, \"value\": u32, }");
}

#[test]
fn generic_types_of_one_name_are_kept_apart() {
    #[derive(Deserialize)]
    #[allow(dead_code)]
    struct Page<T> {
        items: Vec<T>,
    }
    let pages = described::<(Page<u8>, Page<String>)>();
    assert!(pages.contains("seq of u8"), "{pages}");
    assert!(pages.contains("seq of str"), "{pages}");
}

#[test]
fn what_asks_for_whatever_there_is_cannot_be_traced() {
    #[derive(Deserialize)]
    #[serde(untagged)]
    #[allow(dead_code)]
    enum Untagged {
        Number(u8),
        Text(String),
    }
    #[derive(Deserialize)]
    #[serde(tag = "kind")]
    #[allow(dead_code)]
    enum Internally {
        A { number: u8 },
    }
    #[derive(Deserialize)]
    #[allow(dead_code)]
    struct Flattened {
        id: u8,
        #[serde(flatten)]
        rest: HashMap<String, u8>,
    }
    #[derive(Deserialize)]
    #[allow(dead_code)]
    struct Deep {
        id: u8,
        values: Vec<Option<Untagged>>,
    }
    assert_eq!(describe::<Untagged>(BY_NAME), None);
    assert_eq!(describe::<Internally>(BY_NAME), None);
    assert_eq!(describe::<Flattened>(BY_NAME), None);
    assert_eq!(describe::<Deep>(BY_NAME), None);
}

#[test]
fn an_adjacently_tagged_enum_cannot_be_traced() {
    #[derive(Deserialize)]
    #[serde(tag = "kind", content = "data")]
    #[allow(dead_code)]
    enum Adjacently {
        A(u8),
        B { text: String },
    }
    // The tag comes first, and then what it says; here there is no tag to go by.
    assert_eq!(describe::<Adjacently>(BY_NAME), None);
}

#[test]
fn order_matters_where_there_are_no_names() {
    mod one {
        #[derive(serde::Deserialize)]
        #[allow(dead_code)]
        pub(super) struct Row {
            a: u8,
            b: super::Inner,
        }
    }
    mod other {
        #[derive(serde::Deserialize)]
        #[allow(dead_code)]
        pub(super) struct Row {
            b: super::Inner,
            a: u8,
        }
    }
    assert_ne!(
        fingerprint::<one::Row>(BY_PLACE),
        fingerprint::<other::Row>(BY_PLACE)
    );
    assert!(fingerprint::<one::Row>(BY_NAME).is_some());
    assert_eq!(
        fingerprint::<one::Row>(BY_NAME),
        fingerprint::<other::Row>(BY_NAME)
    );
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct Inner {
    x: u8,
}

#[test]
fn long_arrays_are_quick() {
    #[derive(Deserialize)]
    #[allow(dead_code)]
    struct Table {
        rows: [[String; 32]; 32],
        end: u8,
    }
    let table = described::<Table>();
    assert!(table.contains("Array(32)"), "{table}");
}

#[test]
fn a_type_is_traced_once() {
    use std::sync::atomic::{AtomicU32, Ordering};
    static ASKED: AtomicU32 = AtomicU32::new(0);
    struct Counted;
    impl<'de> Deserialize<'de> for Counted {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            ASKED.fetch_add(1, Ordering::Relaxed);
            u8::deserialize(deserializer).map(|_| Self)
        }
    }
    let first = fingerprint::<Counted>(BY_NAME);
    assert_eq!(fingerprint::<Counted>(BY_NAME), first);
    assert_eq!(ASKED.load(Ordering::Relaxed), 1);
}

#[test]
fn a_version_is_part_of_the_fingerprint() {
    let traced = fingerprint::<u8>(BY_NAME);
    let all = [
        traced.unwrap(),
        versioned(traced, 0),
        versioned(traced, 1),
        versioned(None, 1),
    ];
    for (at, one) in all.iter().enumerate() {
        assert_ne!(*one, 0);
        assert!(!all[..at].contains(one));
    }
}

/// What stands in entries must not change from one build to the next.
#[test]
fn fingerprints_are_stable() {
    #[derive(Deserialize)]
    #[allow(dead_code)]
    struct Fixed {
        id: u64,
        name: Option<String>,
    }
    assert_eq!(
        fingerprint::<Fixed>(BY_NAME),
        Some(12_812_791_256_636_936_428)
    );
}
