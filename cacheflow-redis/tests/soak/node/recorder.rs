//! What a node has to tell, until it is told.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use cacheflow::Applied;
use cacheflow_testkit::history::{At, Key, Outcome, Source, Version, now};

use super::caches::Value;
use crate::wire::{Form, Told};
use crate::world::judged;

#[derive(Default)]
pub(crate) struct Recorder {
    bytes: Mutex<Vec<u8>>,
    /// Values given to callers.
    pub(crate) values: AtomicU64,
}

impl Recorder {
    fn with<T>(&self, tell: impl FnOnce(&mut Vec<u8>) -> T) -> T {
        tell(&mut self.bytes.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn tell(&self, told: &Told) {
        self.with(|bytes| told.write(bytes));
    }

    /// A version was committed. The time is taken under the lock: what is taken
    /// out by then is all up to then.
    pub(crate) fn wrote(&self, key: Key, version: Version) {
        self.with(|bytes| {
            let at = now();
            Told::Wrote { key, version, at }.write(bytes);
        });
    }

    /// A call that forgot has returned, or what it left behind was sent.
    pub(crate) fn forgot(&self, target: u32, how: Form, begun: At, applied: Applied) {
        let outcome = match applied {
            Applied::Recorded => Outcome::Recorded,
            Applied::Everywhere => Outcome::Everywhere,
            Applied::Local => Outcome::Local,
            Applied::Deferred => unreachable!("nothing is forgotten later here"),
        };
        self.with(|bytes| {
            let told = Told::Forgot {
                target,
                how,
                outcome,
                begun,
                returned: now(),
            };
            told.write(bytes);
        });
    }

    /// A caller was given a value for `key`.
    pub(crate) fn read(&self, key: Key, value: &Value, source: Source, began: At) {
        self.values.fetch_add(1, Ordering::Relaxed);
        if value.key != key {
            let text = format!("asked for {key}, given {value:?} ({source:?})");
            return self.tell(&Told::Broken { text });
        }
        let ended = now();
        self.with(|bytes| {
            let own = (key, key, value.version);
            for &(of, part, version) in std::iter::once(&own).chain(&value.parts) {
                let told = Told::Read {
                    key: judged(of, part),
                    version,
                    source,
                    part_of: (part != key).then_some(key),
                    began,
                    ended,
                };
                told.write(bytes);
            }
        });
    }

    /// Everything up to now.
    pub(crate) fn take(&self, is_well: bool) -> Vec<u8> {
        self.with(|bytes| {
            let at = now();
            Told::Reached { at, is_well }.write(bytes);
            std::mem::take(bytes)
        })
    }
}
