//! Where a reclaim goes on: a text that the framework keeps between two parts.

use std::fmt;

/// What comes next of a reclaim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cursor {
    /// The values of the record's keys, from this one on.
    Values(usize),
    /// What was made of this one of the keys, from here on in its index.
    Dependents(usize, At),
    /// What carries this one of the tags, from here on in its index.
    Tagged(usize, At),
    /// All values of the cluster: server after server, in the order of their ids.
    Sweep(Sweep),
}

/// A place in an index; the default is its beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct At {
    /// The cursor of the server that has the index.
    pub(super) cursor: u64,
    /// What tells that server from every other, to whom the cursor says nothing.
    pub(super) server: u64,
}

impl At {
    pub(super) fn is_begin(self) -> bool {
        self == Self::default()
    }
}

/// See [`Cursor::Sweep`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sweep {
    /// What tells this order of servers and slots from every other.
    pub(super) slots: u64,
    /// Which server.
    pub(super) server: usize,
    /// Its own cursor.
    pub(super) at: u64,
}

impl Cursor {
    /// Reads a cursor; `None` if it is none of these.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Self::Values(0));
        }
        let mut parts = text.split(':');
        let kind = parts.next()?;
        let mut number = || parts.next()?.parse::<u64>().ok();
        let place = |number: u64| usize::try_from(number).ok();
        let cursor = match kind {
            "v" => Self::Values(place(number()?)?),
            "d" | "t" => {
                let which = place(number()?)?;
                let at = At {
                    cursor: number()?,
                    server: number()?,
                };
                match kind {
                    "d" => Self::Dependents(which, at),
                    _ => Self::Tagged(which, at),
                }
            }
            "s" => Self::Sweep(Sweep {
                slots: number()?,
                server: place(number()?)?,
                at: number()?,
            }),
            _ => return None,
        };
        parts.next().is_none().then_some(cursor)
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Values(place) => write!(f, "v:{place}"),
            Self::Dependents(which, At { cursor, server }) => {
                write!(f, "d:{which}:{cursor}:{server}")
            }
            Self::Tagged(which, At { cursor, server }) => {
                write!(f, "t:{which}:{cursor}:{server}")
            }
            Self::Sweep(Sweep { slots, server, at }) => write!(f, "s:{slots}:{server}:{at}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let at = |cursor, server| At { cursor, server };
        let sweep = Sweep {
            slots: u64::MAX,
            server: 2,
            at: u64::MAX,
        };
        for cursor in [
            Cursor::Values(7),
            Cursor::Dependents(1, at(2, 3)),
            Cursor::Tagged(4, at(5, u64::MAX)),
            Cursor::Sweep(sweep),
        ] {
            assert_eq!(Cursor::parse(&cursor.to_string()), Some(cursor));
        }
    }

    #[test]
    fn the_beginning_is_empty_and_garbage_is_none() {
        assert_eq!(Cursor::parse(""), Some(Cursor::Values(0)));
        for garbage in [
            "x",
            "v",
            "v:",
            "v:-1",
            "d:1:2",
            "t:1:2:3:4",
            "s:1:2",
            "v:1:",
        ] {
            assert_eq!(Cursor::parse(garbage), None, "{garbage}");
        }
    }
}
