//! What a faultless function that changes something means; all that `emit` needs to
//! know.

use crate::function::{Function, Manner};
use crate::key::Part;
use crate::target::Target;
use crate::text::Text;
use std::time::Duration;
use syn::{Expr, LitStr, Type};

/// A checked function with what its attribute does.
pub(super) struct Change {
    pub(super) function: Function,
    pub(super) manner: Manner,
    /// The type of the result as it can be stated within the function: `()` where none is
    /// written, `_` for each `impl Trait`.
    pub(super) returns: Type,
    /// Where the flow comes from; the global one if nothing.
    pub(super) flow: Option<Expr>,
    /// Asked before the body runs: else it runs as if there was no attribute.
    pub(super) when: Option<Expr>,
    /// Asked of the result.
    pub(super) unless: Option<Expr>,
    pub(super) does: Does,
}

pub(super) enum Does {
    Put(Box<Put>),
    Evict(Evict),
    Update(Vec<Parents>),
}

/// Entries that get the value.
pub(super) struct Put {
    pub(super) aims: Vec<Aim>,
    pub(super) keyed: Option<Keyed>,
    /// Whether an error forgets them.
    pub(super) on_err: bool,
}

/// An entry of a cache that is named.
pub(super) struct Keyed {
    pub(super) literal: LitStr,
    pub(super) cache: String,
    pub(super) key: Vec<Part>,
    pub(super) tags: Vec<Texts>,
    pub(super) ttl: Option<Ttl>,
}

/// How long a value is kept.
pub(super) enum Ttl {
    Fixed(Duration),
    Computed(Box<Expr>),
}

/// What is forgotten.
pub(super) struct Evict {
    pub(super) aims: Vec<Aim>,
    pub(super) names: Vec<Name>,
    /// Before the body runs as well, and then whatever came of it.
    pub(super) before: bool,
    pub(super) on_err: bool,
    pub(super) local_only: bool,
}

/// Entries of a cached function.
pub(super) struct Aim {
    pub(super) target: Target,
    pub(super) condition: Option<Expr>,
}

/// What is forgotten by a name.
pub(super) enum Name {
    /// A cache, and the key in it.
    Key(String, Vec<Part>),
    /// A `FullKey`.
    KeyOf(Expr),
    /// Several of them.
    KeysOf(Expr),
    Tags(Texts),
    /// Parts of it match themselves alone; but fixed text is a pattern.
    Pattern(Vec<Part>),
    Patterns(Texts),
    Cache(LitStr),
    All,
}

/// Texts, as a template or by an expression.
pub(super) enum Texts {
    Template(Text),
    One(Expr),
    Several(Expr),
}

/// Rows that are touched.
pub(super) struct Parents {
    /// Of this entity; else the text has it.
    pub(super) entity: Option<LitStr>,
    pub(super) rows: Texts,
}
