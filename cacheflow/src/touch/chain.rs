//! The rows that one touch reaches: each once, generation by generation.

use std::collections::{HashSet, VecDeque};

use crate::key::Parent;

/// How many generations of a chain are touched, the parents of what was changed being
/// the first.
pub const MAX_DEPTH: usize = 16;

/// How many rows one touch reaches.
pub const MAX_ROWS: usize = 1_000;

/// What is known of a chain.
#[derive(Debug, Default)]
pub(super) struct Chain {
    /// In the order in which they were found.
    rows: Vec<Parent>,
    known: HashSet<Parent>,
    /// Those that are to be touched yet, with their generation.
    open: VecDeque<(Parent, usize)>,
    cut_short: bool,
}

impl Chain {
    /// A chain that begins with these.
    pub(super) fn from(first: impl IntoIterator<Item = Parent>) -> Self {
        let mut chain = Self::default();
        chain.add(first, 0);
        chain
    }

    /// The next row that is to be touched, with its generation.
    pub(super) fn next(&mut self) -> Option<(Parent, usize)> {
        self.open.pop_front()
    }

    /// The parents of a row of `generation`. What was found before, by another way or
    /// going in a circle, is not touched again.
    pub(super) fn found(&mut self, parents: impl IntoIterator<Item = Parent>, generation: usize) {
        self.add(parents, generation + 1);
    }

    fn add(&mut self, parents: impl IntoIterator<Item = Parent>, generation: usize) {
        for parent in parents {
            if self.known.contains(&parent) {
                continue;
            }
            if self.rows.len() == MAX_ROWS {
                self.cut_short = true;
                return;
            }
            self.known.insert(parent.clone());
            self.rows.push(parent.clone());
            if generation < MAX_DEPTH {
                self.open.push_back((parent, generation));
            } else {
                self.cut_short = true;
            }
        }
    }

    /// All rows that are known, those that are not touched included.
    pub(super) fn rows(&self) -> &[Parent] {
        &self.rows
    }

    /// Whether there are more rows than were touched.
    pub(super) fn is_cut_short(&self) -> bool {
        self.cut_short
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: usize) -> Parent {
        Parent::new("row", id)
    }

    /// The rows that are touched, where `parents` tells those of each.
    fn walk(chain: &mut Chain, parents: impl Fn(&Parent) -> Vec<Parent>) -> Vec<Parent> {
        let mut touched = Vec::new();
        while let Some((next, generation)) = chain.next() {
            chain.found(parents(&next), generation);
            touched.push(next);
        }
        touched
    }

    fn id(row: &Parent) -> usize {
        row.id().parse().unwrap()
    }

    #[test]
    fn a_row_that_is_reached_in_two_ways_or_in_a_circle_is_touched_once() {
        let mut diamond = Chain::from([row(1), row(2), row(1)]);
        let touched = walk(&mut diamond, |_| vec![row(3), row(1)]);
        assert_eq!(touched, [row(1), row(2), row(3)]);
        assert!(!diamond.is_cut_short());
    }

    #[test]
    fn generations_are_touched_in_their_order() {
        let mut chain = Chain::from([row(1), row(2)]);
        let touched = walk(&mut chain, |it| match id(it) {
            it @ 1..=2 => vec![row(10 * it)],
            _ => Vec::new(),
        });
        assert_eq!(touched, [row(1), row(2), row(10), row(20)]);
    }

    #[test]
    fn a_chain_without_end_ends_with_a_generation_that_is_known_and_not_touched() {
        let mut chain = Chain::from([row(0)]);
        let touched = walk(&mut chain, |it| vec![row(id(it) + 1)]);
        assert_eq!(touched.len(), MAX_DEPTH);
        assert_eq!(chain.rows().last(), Some(&row(MAX_DEPTH)));
        assert!(chain.is_cut_short());
        let mut whole = Chain::from([row(1)]);
        let touched = walk(&mut whole, |it| match id(it) {
            MAX_DEPTH => Vec::new(),
            it => vec![row(it + 1)],
        });
        assert_eq!((touched.len(), whole.is_cut_short()), (MAX_DEPTH, false));
    }

    #[test]
    fn a_chain_is_no_wider_than_its_bound() {
        let mut chain = Chain::from((0..MAX_ROWS).map(row));
        assert!(!chain.is_cut_short());
        let touched = walk(&mut chain, |_| vec![row(MAX_ROWS)]);
        assert_eq!((touched.len(), chain.rows().len()), (MAX_ROWS, MAX_ROWS));
        assert!(chain.is_cut_short());
    }
}
