//! The caches of a flow, by name.

use std::any::Any;
use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, PoisonError, RwLock};

use crate::cache::{Configured, Counted, Inspected};
use crate::error::{Error, ErrorKind, Result};
use crate::key::CacheName;

/// An instance of an attributed function: the address of its site, and its path.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) site: usize,
    pub(crate) path: &'static str,
}

impl PartialEq for Place {
    /// The same path is nearly always at the same address.
    ///
    /// A comparison of bytes alone would be right as well, but the path of every
    /// function with a name of its own is empty: there is no byte at its address,
    /// and a `memcmp` that reads none of them under a mask takes the processor
    /// longer than all the rest of a hit.
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.site == other.site && (std::ptr::eq(self.path, other.path) || self.path == other.path)
    }
}

impl Eq for Place {}

impl Hash for Place {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.site, self.path).hash(state);
    }
}

/// A cache as the registry keeps it.
#[derive(Clone)]
struct Registered {
    core: Arc<dyn Inspected>,
    values: &'static str,
}

impl Registered {
    fn typed<C: Inspected>(&self, name: &CacheName, values: &'static str) -> Result<Arc<C>> {
        let core: Arc<dyn Any + Send + Sync> = Arc::clone(&self.core) as _;
        core.downcast().map_err(|_| {
            let held = self.values;
            let message = format!("cache {name} holds values of type {held}, not {values}");
            Error::new(ErrorKind::TypeMismatch, "build", message)
        })
    }
}

/// The caches of one flow. They live as long as the flow, so that two handles
/// of a name always share one memory.
#[derive(Default)]
pub(crate) struct Registry {
    caches: RwLock<HashMap<CacheName, Registered>>,
    places: RwLock<HashMap<Place, Arc<dyn Any + Send + Sync>, foldhash::fast::RandomState>>,
}

impl Registry {
    /// The cache `name`, which `make` makes if there is none.
    ///
    /// The second part tells whether it was there already.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TypeMismatch`] if there is one with another type of values.
    pub(crate) fn get_or_make<C: Inspected>(
        &self,
        name: &CacheName,
        values: &'static str,
        make: impl FnOnce() -> Result<Arc<C>>,
    ) -> Result<(Arc<C>, bool)> {
        let mut caches = self.caches.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(registered) = caches.get(name) {
            return Ok((registered.typed(name, values)?, true));
        }
        let core = make()?;
        let registered = Registered {
            core: Arc::clone(&core) as _,
            values,
        };
        caches.insert(name.clone(), registered);
        Ok((core, false))
    }

    /// Configures all caches at once, while none is made.
    pub(crate) fn configure<T>(
        &self,
        configure: impl FnOnce(&mut dyn Iterator<Item = (&CacheName, &dyn Configured)>) -> T,
    ) -> T {
        let caches = self.caches.write().unwrap_or_else(PoisonError::into_inner);
        let all = caches.iter();
        configure(&mut all.map(|(name, registered)| (name, &*registered.core as _)))
    }

    /// Whether there is a cache of which `is_it` holds.
    pub(crate) fn any(&self, is_it: impl FnMut(&CacheName) -> bool) -> bool {
        let caches = self.caches.read().unwrap_or_else(PoisonError::into_inner);
        caches.keys().any(is_it)
    }

    /// The cache `name`, if there is one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TypeMismatch`] if it has another type of values.
    pub(crate) fn get<C: Inspected>(
        &self,
        name: &CacheName,
        values: &'static str,
    ) -> Option<Result<Arc<C>>> {
        let caches = self.caches.read().unwrap_or_else(PoisonError::into_inner);
        Some(caches.get(name)?.typed(name, values))
    }

    /// All of them, in the order of their names, with the type of their values.
    pub(crate) fn all(&self) -> Vec<(CacheName, Arc<dyn Inspected>, &'static str)> {
        let caches = self.caches.read().unwrap_or_else(PoisonError::into_inner);
        let each = caches.iter();
        let mut all: Vec<_> = each
            .map(|(name, it)| (name.clone(), Arc::clone(&it.core), it.values))
            .collect();
        all.sort_unstable_by(|(one, ..), (other, ..)| one.cmp(other));
        all
    }

    /// All caches, for those who want their figures: memory tidies up for them, which
    /// may take a while, and nobody who builds a cache waits for that.
    pub(super) fn counted(&self) -> Vec<(CacheName, Arc<dyn Counted>)> {
        let caches = self.caches.read().unwrap_or_else(PoisonError::into_inner);
        let each = caches.iter();
        each.map(|(name, it)| (name.clone(), Arc::clone(&it.core) as _))
            .collect()
    }

    /// The cache of this name, whatever its values are.
    pub(crate) fn named(&self, name: &str) -> Option<Arc<dyn Inspected>> {
        let caches = self.caches.read().unwrap_or_else(PoisonError::into_inner);
        Some(Arc::clone(&caches.get(name)?.core))
    }

    /// What an instance of an attributed function has kept here with this type.
    pub(crate) fn at_place<T: Any + Send + Sync>(&self, place: Place) -> Option<Arc<T>> {
        let places = self.places.read().unwrap_or_else(PoisonError::into_inner);
        let kept = places.get(&place).filter(|kept| kept.is::<T>())?;
        Arc::clone(kept).downcast::<T>().ok()
    }

    /// Keeps `value` for an instance of an attributed function.
    pub(crate) fn keep_at_place<T: Any + Send + Sync>(&self, place: Place, value: Arc<T>) {
        let mut places = self.places.write().unwrap_or_else(PoisonError::into_inner);
        places.insert(place, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_known_by_its_site_and_the_text_of_its_path() {
        let place = |site, path| Place { site, path };
        let elsewhere = String::from("a::b").leak();
        assert_eq!(place(1, "a::b"), place(1, elsewhere));
        assert_ne!(place(1, "a::b"), place(2, "a::b"));
        assert_ne!(place(1, "a::b"), place(1, "a::c"));
        assert_ne!(place(1, "a::b"), place(1, ""));
        assert_eq!(place(1, ""), place(1, &elsewhere[..0]));
        let state = foldhash::fast::RandomState::default();
        let hash = |place: Place| std::hash::BuildHasher::hash_one(&state, place);
        assert_eq!(hash(place(1, "a::b")), hash(place(1, elsewhere)));
    }
}
