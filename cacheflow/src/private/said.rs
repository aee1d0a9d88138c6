//! What an attribute says of a value.

use std::time::Duration;

use super::shape::Shape;
use crate::key::{CacheName, FullKey, KeyBuf};

/// The value in what a function of this shape returned.
#[inline]
pub fn kept<'r, S: Shape>(_: &S, returned: &'r S::Return) -> Option<&'r S::Given> {
    S::given(returned)
}

/// A key with the name of its cache before it; nothing if that is no name, which the
/// attribute has checked.
#[must_use]
pub fn full_key(cache: &str, key: &KeyBuf) -> Option<FullKey> {
    let cache = CacheName::new(cache).ok()?;
    Some(FullKey::new(&cache, &key.entry_key()))
}

/// What `ttl_from` gives: a lifetime, or none of its own.
#[diagnostic::on_unimplemented(
    message = "`ttl_from` gives a `Duration` or an `Option<Duration>`, not `{Self}`",
    label = "no lifetime"
)]
pub trait Lifetime {
    /// The lifetime, if there is one.
    fn lifetime(self) -> Option<Duration>;
}

impl Lifetime for Duration {
    fn lifetime(self) -> Option<Duration> {
        Some(self)
    }
}

impl Lifetime for Option<Duration> {
    fn lifetime(self) -> Option<Duration> {
        self
    }
}

/// What `function` tells of `value`.
pub fn lifetime<T: ?Sized, L: Lifetime>(
    function: impl FnOnce(&T) -> L,
    value: &T,
) -> Option<Duration> {
    function(value).lifetime()
}
