//! Which field says when a value was last changed, and how.

use syn::{Generics, Ident, Member, Type};

pub(super) struct UpdatedAt {
    pub(super) name: Ident,
    pub(super) generics: Generics,
    pub(super) member: Member,
    /// Blamed when it cannot be read as its unit says.
    pub(super) ty: Type,
    pub(super) unit: Unit,
}

/// What the field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// A time.
    Time,
    /// Seconds since 1970.
    Seconds,
    /// Milliseconds since 1970.
    Millis,
}

impl Unit {
    /// Those that are named.
    pub(super) const NAMED: [(&'static str, Self); 2] =
        [("millis", Self::Millis), ("seconds", Self::Seconds)];
}
