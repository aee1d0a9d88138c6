//! Who has which slots, as one node knows it.

use std::collections::{BTreeMap, BTreeSet};

use crate::Reply;

/// What `CLUSTER SLOTS` says, with nodes by their ports: all have one address.
#[derive(Debug, Default, PartialEq)]
pub(super) struct View {
    /// By first slot: the last slot, and the primary's port.
    ranges: BTreeMap<u16, (u16, u16)>,
    replicas: BTreeSet<u16>,
}

impl View {
    /// # Panics
    ///
    /// When the reply is none to `CLUSTER SLOTS`.
    pub(super) fn of(reply: &Reply) -> View {
        View::read(reply).unwrap_or_else(|| panic!("CLUSTER SLOTS answered {reply:?}"))
    }

    fn read(reply: &Reply) -> Option<View> {
        let mut view = View::default();
        for range in list(reply)? {
            let [first, last, primary, replicas @ ..] = list(range)? else {
                return None;
            };
            let range = (number(last)?, number(list(primary)?.get(1)?)?);
            view.ranges.insert(number(first)?, range);
            for replica in replicas {
                view.replicas.insert(number(list(replica)?.get(1)?)?);
            }
        }
        Some(view)
    }

    /// The port of the primary that has this slot.
    pub(super) fn owner(&self, slot: u16) -> Option<u16> {
        let (_, &(last, port)) = self.ranges.range(..=slot).next_back()?;
        (slot <= last).then_some(port)
    }

    pub(super) fn has_slots(&self, port: u16) -> bool {
        self.ranges.values().any(|&(_, owner)| owner == port)
    }

    /// Whether it has slots or replicates one that has.
    pub(super) fn names(&self, port: u16) -> bool {
        self.has_slots(port) || self.replicas.contains(&port)
    }
}

fn list(reply: &Reply) -> Option<&[Reply]> {
    match reply {
        Reply::Array(replies) => Some(replies),
        _ => None,
    }
}

fn number(reply: &Reply) -> Option<u16> {
    match reply {
        Reply::Integer(number) => u16::try_from(*number).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(port: i64) -> Reply {
        Reply::Array(vec![Reply::bulk("127.0.0.1"), Reply::Integer(port)])
    }

    fn range(first: i64, last: i64, nodes: &[i64]) -> Reply {
        let mut range = vec![Reply::Integer(first), Reply::Integer(last)];
        range.extend(nodes.iter().map(|&port| node(port)));
        Reply::Array(range)
    }

    #[test]
    fn slots_are_found_in_ranges_and_between_them_nobody() {
        let view = View::of(&Reply::Array(vec![
            range(0, 9, &[1, 3]),
            range(11, 16383, &[2]),
        ]));
        let owners = [0, 9, 10, 11, 16383].map(|slot| view.owner(slot));
        assert_eq!(owners, [Some(1), Some(1), None, Some(2), Some(2)]);
        assert!(view.has_slots(1) && !view.has_slots(3));
        assert!(view.names(2) && view.names(3) && !view.names(4));
    }

    #[test]
    fn the_order_of_ranges_and_replicas_does_not_matter() {
        let one = Reply::Array(vec![range(0, 9, &[1, 3, 4]), range(10, 19, &[2])]);
        let other = Reply::Array(vec![range(10, 19, &[2]), range(0, 9, &[1, 4, 3])]);
        assert_eq!(View::of(&one), View::of(&other));
    }
}
