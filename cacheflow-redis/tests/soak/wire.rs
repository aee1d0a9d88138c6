//! What nodes tell their driver, as bytes.

use std::collections::BTreeMap;
use std::io::{self, Read};

use cacheflow_testkit::history::{At, Key, Outcome, Source, Version};
use serde::{Deserialize, Serialize};

/// One thing that a node tells.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Told {
    Wrote {
        key: Key,
        version: Version,
        at: At,
    },
    Forgot {
        target: u32,
        how: Form,
        outcome: Outcome,
        begun: At,
        returned: At,
    },
    Read {
        key: Key,
        version: Version,
        source: Source,
        part_of: Option<Key>,
        began: At,
        ended: At,
    },
    /// All that was written and forgotten before has been told; and whether the
    /// node is well.
    Reached {
        at: At,
        is_well: bool,
    },
    /// Something worth knowing.
    Remark {
        at: At,
        text: String,
    },
    /// A promise was broken that needs no history.
    Broken {
        text: String,
    },
    /// The last words.
    Ended(Box<Counts>),
}

/// In what form something was forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// As the target says.
    Call,
    Put,
    Write,
}

/// What a node has counted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Counts {
    pub(crate) calls: u64,
    pub(crate) values: u64,
    pub(crate) memory_hits: u64,
    pub(crate) shared_hits: u64,
    pub(crate) misses: u64,
    pub(crate) joined: u64,
    pub(crate) loads: u64,
    pub(crate) refused: u64,
    pub(crate) needlessly: u64,
    pub(crate) gaps: u64,
    pub(crate) replays: u64,
    pub(crate) replayed: u64,
    pub(crate) storms: u64,
    pub(crate) closures: u64,
    pub(crate) bus_downs: u64,
    pub(crate) store_downs: u64,
    pub(crate) unreadable: u64,
    pub(crate) marks_refused: u64,
    pub(crate) lost_events: u64,
    pub(crate) unreadable_by: BTreeMap<String, u64>,
}

impl Counts {
    pub(crate) fn add(&mut self, other: &Self) {
        for (mine, theirs) in self.fields().into_iter().zip(other.clone().fields()) {
            *mine += *theirs;
        }
        for (why, times) in &other.unreadable_by {
            *self.unreadable_by.entry(why.clone()).or_default() += times;
        }
    }

    fn fields(&mut self) -> [&mut u64; 19] {
        let Self {
            calls,
            values,
            memory_hits,
            shared_hits,
            misses,
            joined,
            loads,
            refused,
            needlessly,
            gaps,
            replays,
            replayed,
            storms,
            closures,
            bus_downs,
            store_downs,
            unreadable,
            marks_refused,
            lost_events,
            unreadable_by: _,
        } = self;
        [
            calls,
            values,
            memory_hits,
            shared_hits,
            misses,
            joined,
            loads,
            refused,
            needlessly,
            gaps,
            replays,
            replayed,
            storms,
            closures,
            bus_downs,
            store_downs,
            unreadable,
            marks_refused,
            lost_events,
        ]
    }
}

const FORMS: [Form; 3] = [Form::Call, Form::Put, Form::Write];
const OUTCOMES: [Outcome; 3] = [Outcome::Local, Outcome::Recorded, Outcome::Everywhere];
const NOBODY: Key = Key::MAX;

impl Told {
    pub(crate) fn write(&self, to: &mut Vec<u8>) {
        match self {
            Self::Wrote { key, version, at } => {
                to.push(1);
                to.extend(key.to_le_bytes());
                to.extend(version.to_le_bytes());
                to.extend(at.0.to_le_bytes());
            }
            Self::Forgot {
                target,
                how,
                outcome,
                begun,
                returned,
            } => {
                to.extend([2, *how as u8, *outcome as u8]);
                to.extend(target.to_le_bytes());
                to.extend(begun.0.to_le_bytes());
                to.extend(returned.0.to_le_bytes());
            }
            Self::Read {
                key,
                version,
                source,
                part_of,
                began,
                ended,
            } => {
                to.extend([3, *source as u8]);
                to.extend(key.to_le_bytes());
                to.extend(part_of.unwrap_or(NOBODY).to_le_bytes());
                to.extend(version.to_le_bytes());
                to.extend(began.0.to_le_bytes());
                to.extend(ended.0.to_le_bytes());
            }
            Self::Reached { at, is_well } => {
                to.extend([4, u8::from(*is_well)]);
                to.extend(at.0.to_le_bytes());
            }
            Self::Remark { at, text } => {
                to.push(5);
                to.extend(at.0.to_le_bytes());
                write_text(text, to);
            }
            Self::Broken { text } => {
                to.push(6);
                write_text(text, to);
            }
            Self::Ended(counts) => {
                to.push(7);
                let text = serde_json::to_string(counts).expect("counts are JSON");
                write_text(&text, to);
            }
        }
    }

    /// The next; an error when there is none.
    pub(crate) fn read(from: &mut impl Read) -> io::Result<Self> {
        Ok(match byte(from)? {
            1 => Self::Wrote {
                key: u32_of(from)?,
                version: u64_of(from)?,
                at: At(u64_of(from)?),
            },
            2 => Self::Forgot {
                how: one_of(&FORMS, byte(from)?)?,
                outcome: one_of(&OUTCOMES, byte(from)?)?,
                target: u32_of(from)?,
                begun: At(u64_of(from)?),
                returned: At(u64_of(from)?),
            },
            3 => Self::Read {
                source: one_of(&Source::ALL, byte(from)?)?,
                key: u32_of(from)?,
                part_of: Some(u32_of(from)?).filter(|key| *key != NOBODY),
                version: u64_of(from)?,
                began: At(u64_of(from)?),
                ended: At(u64_of(from)?),
            },
            4 => Self::Reached {
                is_well: byte(from)? == 1,
                at: At(u64_of(from)?),
            },
            5 => Self::Remark {
                at: At(u64_of(from)?),
                text: text_of(from)?,
            },
            6 => Self::Broken {
                text: text_of(from)?,
            },
            7 => {
                let counts = serde_json::from_str(&text_of(from)?);
                Self::Ended(counts.map_err(|_| garbage())?)
            }
            _ => return Err(garbage()),
        })
    }
}

fn write_text(text: &str, to: &mut Vec<u8>) {
    to.extend((text.len() as u32).to_le_bytes());
    to.extend(text.as_bytes());
}

fn text_of(from: &mut impl Read) -> io::Result<String> {
    let mut bytes = vec![0; u32_of(from)?.min(1 << 20) as usize];
    from.read_exact(&mut bytes)?;
    String::from_utf8(bytes).map_err(|_| garbage())
}

fn byte(from: &mut impl Read) -> io::Result<u8> {
    let mut bytes = [0; 1];
    from.read_exact(&mut bytes)?;
    Ok(bytes[0])
}

fn u32_of(from: &mut impl Read) -> io::Result<u32> {
    let mut bytes = [0; 4];
    from.read_exact(&mut bytes)?;
    Ok(u32::from_le_bytes(bytes))
}

fn u64_of(from: &mut impl Read) -> io::Result<u64> {
    let mut bytes = [0; 8];
    from.read_exact(&mut bytes)?;
    Ok(u64::from_le_bytes(bytes))
}

fn one_of<T: Copy>(all: &[T], place: u8) -> io::Result<T> {
    all.get(usize::from(place)).copied().ok_or_else(garbage)
}

fn garbage() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "a node speaks in tongues")
}
