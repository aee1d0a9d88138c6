//! What a faultless `#[cached]` function means; all that `emit` needs to know.

mod strategy;

pub(super) use strategy::{Breaker, FailSafe, Lent, Make, Refresh, Setting, Strategy, Terms, Trip};

use super::parse::Function;
use crate::ends::Ends;
use crate::template::Step;
use std::time::Duration;
use syn::{Expr, Ident, LitStr, Type};

/// A checked function with its options.
pub(super) struct Cached {
    pub(super) function: Function,
    /// The return type: it is written and is neither `()` nor `impl Trait`.
    pub(super) returns: Type,
    pub(super) site: Site,
    /// Where the flow comes from; the global one if nothing.
    pub(super) flow: Option<Expr>,
    /// The key in the order of writing, never empty.
    pub(super) key: Vec<Part>,
    pub(super) ttl: Option<Ttl>,
    /// The flow's own way if nothing.
    pub(super) strategy: Option<Strategy>,
}

/// Which cache the entries belong to.
pub(super) enum Site {
    /// `cache = "users"`
    Named(LitStr),
    /// The instance's own, named by its path.
    Own,
}

/// One thing that is written to the key.
pub(super) enum Part {
    /// The types that the function is generic over.
    Types(Vec<TypeName>),
    Separator,
    /// Fixed text of a template.
    Text(String),
    Value(Value),
    Expression(Expr),
    /// The key of a function whose arguments do not matter.
    Nothing,
}

/// A type whose name is part of the key.
pub(super) enum TypeName {
    Sized(Ident),
    /// A parameter declared `?Sized`.
    Unsized(Ident),
}

/// An argument or something in it.
pub(super) struct Value {
    /// With the hygiene of the argument; its place is of no account.
    pub(super) root: Ident,
    pub(super) steps: Vec<Step>,
    /// Where it is reported that the value cannot be part of a key.
    pub(super) blame: Ends,
}

/// How long results are kept.
pub(super) enum Ttl {
    /// Read and checked from text.
    Fixed(Duration),
    /// An expression of type `Duration`, evaluated in each call.
    Computed(Box<Expr>),
}
