//! The caches of a flow, by name.

use std::any::Any;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use crate::error::{Error, ErrorKind, Result};
use crate::key::CacheName;

/// An instance of an attributed function: the address of its site, and its path.
pub(crate) type Place = (usize, &'static str);

/// A cache as the registry keeps it.
#[derive(Clone)]
struct Registered {
    core: Arc<dyn Any + Send + Sync>,
    values: &'static str,
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
    pub(crate) fn get_or_make<C: Any + Send + Sync>(
        &self,
        name: &CacheName,
        values: &'static str,
        make: impl FnOnce() -> Arc<C>,
    ) -> Result<(Arc<C>, bool)> {
        let mut caches = self.caches.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(registered) = caches.get(name) {
            return match Arc::clone(&registered.core).downcast::<C>() {
                Ok(core) => Ok((core, true)),
                Err(_) => Err(Error::new(
                    ErrorKind::TypeMismatch,
                    "build",
                    format!(
                        "cache {name} holds values of type {}, not {values}",
                        registered.values
                    ),
                )),
            };
        }
        let core = make();
        let registered = Registered {
            core: Arc::clone(&core) as _,
            values,
        };
        caches.insert(name.clone(), registered);
        Ok((core, false))
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
