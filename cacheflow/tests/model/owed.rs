//! What the readers of one key are owed, where every record names all its versions.

use std::fmt;

use crate::verdict::{Property, Violation};

/// No version older than one that was forgotten on the reader's node by a call
/// that had returned when it came (P2), nor than one forgotten by a record
/// that its node had applied by then (P3).
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Owed {
    pub(crate) returned: u8,
    pub(crate) applied: u8,
}

impl Owed {
    /// Whether `who` may get `version`.
    pub(crate) fn check(self, who: fmt::Arguments<'_>, version: u8) -> Result<(), Violation> {
        for (property, owed) in [(Property::P2, self.returned), (Property::P3, self.applied)] {
            if version < owed {
                return Err(Violation::new(
                    property,
                    format_args!("{who} gets v{version}, owed was v{owed}"),
                ));
            }
        }
        Ok(())
    }
}

/// A reader that joined a flight, and its node's position then.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Joiner {
    pub(crate) pos: u8,
    pub(crate) owed: Owed,
}
