//! The last things that happened to a key, for whoever has to find out why.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use super::{At, How, Key, NodeId, Outcome, Source, Version};

/// How many lines are kept of a key.
const KEPT: usize = 320;

/// One line of a history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// When it was over.
    pub at: At,
    /// Whose it is; `None` for what was done to all from outside.
    pub node: Option<NodeId>,
    /// What it says.
    pub noted: Noted,
}

/// What a line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Noted {
    /// A version was committed.
    Wrote(Version),
    /// The key was forgotten.
    Forgot {
        /// By what call.
        how: How,
        /// When the call began.
        begun: At,
        /// What it answered.
        outcome: Outcome,
    },
    /// Reads that gave the same, one after the other.
    Read {
        /// The version.
        version: Version,
        /// Where it came from.
        source: Source,
        /// The value that it was a part of.
        part_of: Option<Key>,
        /// When the last of them began.
        began: At,
        /// How many there were.
        times: u64,
    },
    /// Something that concerns all keys.
    Remark(Arc<str>),
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}  ", self.at)?;
        match self.node {
            Some(node) => write!(f, "node {node}  ")?,
            None => write!(f, "        ")?,
        }
        match &self.noted {
            Noted::Wrote(version) => write!(f, "committed version {version}"),
            Noted::Forgot {
                how,
                begun,
                outcome,
            } => {
                let took = self.at.since(*begun);
                write!(f, "forgot by {how:?}: {outcome:?}, begun {took:?} before")
            }
            Noted::Read {
                version,
                source,
                part_of,
                began,
                times,
            } => {
                let took = self.at.since(*began);
                write!(f, "read version {version} ({source:?})")?;
                if let Some(parent) = part_of {
                    write!(f, " as part of key {parent}")?;
                }
                if *times > 1 {
                    write!(f, ", the last of {times} such reads")?;
                }
                write!(f, ", begun {took:?} before")
            }
            Noted::Remark(text) => f.write_str(text),
        }
    }
}

#[derive(Debug)]
pub(super) struct Trail {
    lines: VecDeque<Line>,
    /// The last read of each node, with those before it that gave the same.
    reading: Vec<Option<Line>>,
}

impl Trail {
    pub(super) fn new(nodes: usize) -> Self {
        Self {
            lines: VecDeque::new(),
            reading: vec![None; nodes],
        }
    }

    pub(super) fn add(&mut self, line: Line) {
        if self.lines.len() >= KEPT {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
    }

    /// Adds a read, or counts it to those before it.
    pub(super) fn read(&mut self, node: NodeId, read: Line) {
        let Noted::Read {
            version: new_version,
            source: new_source,
            part_of: new_part_of,
            began: new_began,
            ..
        } = read.noted
        else {
            return self.add(read);
        };
        if let Some(Line {
            at,
            noted:
                Noted::Read {
                    version,
                    source,
                    part_of,
                    began,
                    times,
                },
            ..
        }) = &mut self.reading[node]
            && (*version, *source, *part_of) == (new_version, new_source, new_part_of)
        {
            (*at, *began) = (read.at, new_began);
            *times += 1;
            return;
        }
        if let Some(before) = self.reading[node].replace(read) {
            self.add(before);
        }
    }

    /// All lines that end in this time, in their order.
    pub(super) fn between(&self, from: At, to: At) -> Vec<Line> {
        let reading = self.reading.iter().flatten();
        let lines = self.lines.iter().chain(reading);
        let mut lines: Vec<Line> = lines
            .filter(|line| (from..=to).contains(&line.at))
            .cloned()
            .collect();
        lines.sort_by_key(|line| line.at);
        lines
    }
}
