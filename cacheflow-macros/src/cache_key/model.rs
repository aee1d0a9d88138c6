//! What is written for a type, and for which of its type arguments.

use syn::{Generics, Ident, Member, Type, TypePath};

pub(super) struct Key {
    pub(super) name: Ident,
    pub(super) generics: Generics,
    /// What must be `CacheKey` itself, because fields are made of it: type
    /// parameters (`T`) and their associated types (`T::Id`).
    pub(super) bounds: Vec<TypePath>,
    pub(super) shape: Shape,
}

pub(super) enum Shape {
    Struct(Vec<Field>),
    Enum(Vec<Variant>),
}

pub(super) struct Variant {
    pub(super) name: Ident,
    /// What is written for it.
    pub(super) text: String,
    pub(super) fields: Vec<Field>,
}

pub(super) struct Field {
    pub(super) member: Member,
    /// Blamed when it cannot be part of a key.
    pub(super) ty: Type,
    /// Not part of the key.
    pub(super) skip: bool,
}
