//! Small collections that are plain values: a state made of them is copied,
//! compared and hashed without a pointer in it.

use std::hash::{Hash, Hasher};
use std::ops::{Deref, DerefMut};

/// At most `N` items in an order that means something.
#[derive(Clone, Copy)]
pub(crate) struct Seq<T, const N: usize> {
    len: u8,
    items: [T; N],
}

impl<T: Copy + Default, const N: usize> Seq<T, N> {
    /// Appends `item`.
    ///
    /// # Panics
    ///
    /// If there are `N` already: the configuration is larger than the state.
    pub(crate) fn push(&mut self, item: T) {
        self.items[usize::from(self.len)] = item;
        self.len += 1;
    }

    /// How many there are, as the models count.
    pub(crate) fn count(&self) -> u8 {
        self.len
    }

    pub(crate) fn remove(&mut self, at: usize) {
        let len = usize::from(self.len);
        self.items.copy_within(at + 1..len, at);
        self.len -= 1;
    }
}

impl<T: Copy + Default, const N: usize> Default for Seq<T, N> {
    fn default() -> Self {
        Self {
            len: 0,
            items: [T::default(); N],
        }
    }
}

impl<T, const N: usize> Deref for Seq<T, N> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.items[..usize::from(self.len)]
    }
}

impl<T, const N: usize> DerefMut for Seq<T, N> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.items[..usize::from(self.len)]
    }
}

impl<T: PartialEq, const N: usize> PartialEq for Seq<T, N> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T: Eq, const N: usize> Eq for Seq<T, N> {}

impl<T: Hash, const N: usize> Hash for Seq<T, N> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl<T: PartialOrd, const N: usize> PartialOrd for Seq<T, N> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        (**self).partial_cmp(&**other)
    }
}

impl<T: Ord, const N: usize> Ord for Seq<T, N> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (**self).cmp(&**other)
    }
}

/// At most `N` items whose order means nothing: kept sorted, so that states
/// that differ only in who of two equals came first are one state.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Bag<T, const N: usize>(Seq<T, N>);

impl<T: Copy + Default + Ord, const N: usize> Bag<T, N> {
    pub(crate) fn insert(&mut self, item: T) {
        self.0.push(item);
        let mut at = self.0.len() - 1;
        while at > 0 && self.0[at - 1] > self.0[at] {
            self.0.swap(at - 1, at);
            at -= 1;
        }
    }

    pub(crate) fn remove(&mut self, at: usize) {
        self.0.remove(at);
    }

    /// Puts `item` where it belongs, in place of the one at `at`.
    pub(crate) fn replace(&mut self, at: usize, item: T) {
        self.remove(at);
        self.insert(item);
    }

    /// Changes every item.
    pub(crate) fn each(&mut self, change: impl FnMut(&mut T)) {
        self.0.iter_mut().for_each(change);
        self.0.sort_unstable();
    }
}

impl<T: Copy + Default, const N: usize> Default for Bag<T, N> {
    fn default() -> Self {
        Self(Seq::default())
    }
}

impl<T, const N: usize> Deref for Bag<T, N> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}
