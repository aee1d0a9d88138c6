//! Structs of all kinds, generic ones too; all that a time can be.

#![deny(warnings)]

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cacheflow::{HasUpdatedAt, SetUpdatedAt, Version};

#[derive(HasUpdatedAt)]
struct Named {
    id: u64,
    updated_at: SystemTime,
}

#[derive(HasUpdatedAt)]
struct Tuple(u64, #[updated_at(millis)] i64);

/// The mark goes before the name.
#[derive(Clone, HasUpdatedAt)]
struct Marked {
    updated_at: String,
    #[updated_at(seconds)]
    r#type: u32,
}

/// As those of `chrono` and `time`: it converts both ways.
#[derive(Clone, Copy)]
struct Stamp(SystemTime);

impl From<SystemTime> for Stamp {
    fn from(at: SystemTime) -> Self {
        Self(at)
    }
}

impl From<Stamp> for SystemTime {
    fn from(Stamp(at): Stamp) -> Self {
        at
    }
}

#[derive(HasUpdatedAt)]
struct Generic<'a, T, A = SystemTime, const N: usize = 1>
where
    T: Send,
{
    parts: [&'a T; N],
    #[updated_at]
    changed: A,
}

/// A private type in a public one.
#[derive(HasUpdatedAt)]
pub struct Public {
    updated_at: Stamp,
}

/// Names of the prelude that mean something else here do no harm.
mod among_names {
    #[allow(dead_code, non_camel_case_types)]
    pub struct SystemTime;
    #[allow(dead_code)]
    pub trait HasUpdatedAt {}

    #[derive(cacheflow::HasUpdatedAt)]
    pub struct Here {
        pub updated_at: std::time::SystemTime,
    }
}

fn moves(value: &mut dyn SetUpdatedAt) {
    let at = UNIX_EPOCH + Duration::from_secs(5);
    assert!(value.touch(at));
    assert_eq!(value.updated_at(), at);
    assert!(!value.touch(UNIX_EPOCH));
    assert_eq!(Version::of(&value).to_string(), "5000000");
}

fn main() {
    let mut named = Named { id: 7, updated_at: UNIX_EPOCH };
    moves(&mut named);
    let mut tuple = Tuple(7, 1);
    moves(&mut tuple);
    assert_eq!((named.id, tuple.0, tuple.1), (7, 7, 5_000));
    let mut marked = Arc::new(Marked { updated_at: String::new(), r#type: 0 });
    let other = Arc::clone(&marked);
    moves(&mut marked);
    assert_eq!((marked.r#type, other.r#type, marked.updated_at.len()), (5, 0, 0));
    let mut generic = Generic { parts: [&7], changed: Stamp(UNIX_EPOCH) };
    moves(&mut generic);
    assert_eq!(*generic.parts[0], 7);
    moves(&mut Public { updated_at: Stamp(UNIX_EPOCH) });
    moves(&mut among_names::Here { updated_at: UNIX_EPOCH });
    assert_eq!(Version::latest([&named, &tuple, &generic]), Version::of(&named));
}
