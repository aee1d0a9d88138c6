//! Types that contain themselves, and bytes that are nested a million times: each in a
//! process of its own, which must survive.

use std::collections::BTreeMap;
use std::process::Command;

use cacheflow::Unreadable;
use cacheflow::codec::MAX_DEPTH;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::world::{CODECS, forged, read, wire, written};

/// Follows itself without taking a byte.
#[derive(Debug, Serialize, Deserialize)]
struct Newtype(Option<Box<Newtype>>);

#[derive(Debug, Serialize, Deserialize)]
struct Named {
    n: Option<Box<Named>>,
}

#[derive(Debug, Serialize, Deserialize)]
enum Tree {
    Leaf,
    Many(Vec<Tree>),
    Map(BTreeMap<u8, Tree>),
    Pair { a: Box<Tree>, b: Box<Tree> },
}

#[derive(Debug, Serialize, Deserialize)]
struct Lists(Vec<Lists>);

/// Has a field that its readers do not know.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Ignores {
    known: u8,
}

/// Untraceable: it reads whatever there is into a value first.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Many(Vec<Untagged>),
    Number(u8),
}

/// Bytes by the megabyte that go deeper and deeper in one format or another.
fn hostile() -> Vec<Vec<u8>> {
    let million = |part: &[u8]| part.repeat(1_000_000 / part.len());
    let parts: [&[u8]; 22] = [
        // Postcard and bincode: options, variants, sequences of one.
        b"\x01",
        b"\x01\x01",
        b"\x02\x01\x01",
        b"\x03",
        b"\x00",
        // MessagePack: arrays and maps of one, in all sizes, of nothing, of names.
        b"\x91",
        b"\x81\x00",
        b"\x81\xa1n",
        b"\x81\xa4Many\x91",
        b"\x81\xa3Map\x81\x01",
        b"\x81\xa4Pair\x82\xa1a",
        b"\x81\x01\x91",
        b"\xdc\x00\x01",
        b"\xde\x00\x01\xc0",
        b"\x81\xa5other\x91",
        // JSON.
        b"[",
        b"{\"n\":",
        b"{\"Many\":[",
        b"{\"Map\":{\"1\":",
        b"{\"Pair\":{\"a\":",
        b"{\"other\":[",
        b" [",
    ];
    let mut all: Vec<_> = parts.map(million).into();
    // One step that is known, then as many as there are of what is not.
    all.push([b"\x82\xa5other".to_vec(), million(b"\x91")].concat());
    all.push([b"{\"other\":".to_vec(), million(b"[")].concat());
    all.push(b"\x05".to_vec());
    all.push(b"5".to_vec());
    all
}

fn survives<V: Serialize + DeserializeOwned + std::fmt::Debug + 'static>() {
    for codec in CODECS {
        let Ok(wire) = cacheflow::codec::Wire::<V>::new(&codec, &Default::default(), Some(1))
        else {
            panic!("a version is enough");
        };
        for payload in hostile() {
            let entry = forged(&wire, &payload);
            // What it comes to does not matter, only that it does.
            match read(&wire, &entry) {
                Ok(_) | Err(Unreadable::Payload) => {}
                Err(other) => panic!("{codec}: {other}"),
            }
        }
    }
}

/// What the child does, in a thread as small as the tasks of a service have.
fn child() {
    let all = || {
        survives::<Newtype>();
        survives::<Named>();
        survives::<Tree>();
        survives::<Lists>();
        survives::<Ignores>();
        survives::<Untagged>();
        survives::<Vec<Vec<Option<Newtype>>>>();
    };
    let thread = std::thread::Builder::new().stack_size(2 * 1024 * 1024);
    thread.spawn(all).unwrap().join().unwrap();
}

const ROLE: &str = "CACHEFLOW_TEST_NESTING";

#[test]
fn a_megabyte_of_nesting_ends_no_process() {
    if std::env::var_os(ROLE).is_some() {
        return child();
    }
    let itself = std::env::current_exe().unwrap();
    let output = Command::new(itself)
        .args(["--exact", "nesting::a_megabyte_of_nesting_ends_no_process"])
        .env(ROLE, "child")
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}: {told}", output.status);
    assert!(told.contains("1 passed"), "{told}");
}

fn nested(depth: u32) -> Named {
    let deeper = |inner, _| Named {
        n: Some(Box::new(inner)),
    };
    (0..depth).fold(Named { n: None }, deeper)
}

/// Each of these takes two steps: into the field and into the option.
#[test]
fn what_is_nested_within_the_limit_is_kept_and_what_is_deeper_is_refused() {
    for codec in CODECS {
        let wire = wire::<Named>(&codec);
        let deepest = MAX_DEPTH / 2 - 1;
        let bytes = written(&wire, &nested(deepest)).unwrap();
        assert!(read(&wire, &bytes).is_ok(), "{codec}");
        let fault = written(&wire, &nested(deepest + 1)).unwrap_err();
        assert!(fault.to_string().contains("nested too deep"), "{fault}");
    }
}

/// What is refused is refused when it is written, not each time it is read.
#[test]
fn whatever_is_written_can_be_read() {
    for codec in CODECS {
        let wire = wire::<Tree>(&codec);
        let mut tree = Tree::Leaf;
        for step in 0..MAX_DEPTH {
            tree = match step % 3 {
                0 => Tree::Many(vec![tree]),
                1 => Tree::Map([(1, tree)].into()),
                _ => Tree::Pair {
                    a: Box::new(Tree::Leaf),
                    b: Box::new(tree),
                },
            };
            let Ok(bytes) = written(&wire, &tree) else {
                assert!(step > MAX_DEPTH / 4, "{codec}: {step}");
                continue;
            };
            assert!(read(&wire, &bytes).is_ok(), "{codec}: {step}");
        }
    }
}
