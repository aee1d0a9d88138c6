//! What can be cached.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A value that can be cached: it can be copied for each caller, and written as
/// bytes and read back.
///
/// Implemented for every type that is `Clone + Serialize + DeserializeOwned +
/// Send + Sync + 'static`. A value that is costly to copy is cached as
/// `Arc<T>`: a hit then copies a pointer.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be cached",
    label = "not a value that can be cached",
    note = "a cached value is `Clone + serde::Serialize + serde::de::DeserializeOwned + Send + Sync + 'static`"
)]
pub trait CacheValue: Clone + Serialize + DeserializeOwned + Send + Sync + 'static {}

impl<V: Clone + Serialize + DeserializeOwned + Send + Sync + 'static> CacheValue for V {}
