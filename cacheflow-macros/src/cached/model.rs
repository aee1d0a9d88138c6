//! What a faultless `#[cached]` function means; all that `emit` needs to know.

mod strategy;

pub(super) use strategy::{Breaker, FailSafe, Lent, Make, Refresh, Setting, Strategy, Terms, Trip};

use crate::function::{Function, Manner};
use crate::key::Part;
use crate::say::Said;
use std::time::Duration;
use syn::{Expr, LitStr, Type, Visibility};

/// A checked function with its options.
pub(super) struct Cached {
    pub(super) function: Function,
    pub(super) manner: Manner,
    /// The type of the result: it is written and is neither `()` nor `impl Trait`.
    pub(super) returns: Type,
    pub(super) site: Site,
    pub(super) keeping: Keeping,
    /// Where the flow comes from; the global one if nothing.
    pub(super) flow: Option<Expr>,
    /// The key in the order of writing, never empty.
    pub(super) key: Vec<Part>,
    pub(super) ttl: Option<Ttl>,
    /// Else the body runs as if there was no attribute.
    pub(super) when: Option<Expr>,
    pub(super) said: Said,
    pub(super) companions: Option<Companions>,
}

/// Which cache the entries belong to.
pub(super) enum Site {
    /// `cache = "users"`
    Named(LitStr),
    /// The function's own, named by its path.
    Own,
}

/// How the cache keeps values, which it is built with.
pub(super) struct Keeping {
    /// In this process alone, as they are.
    pub(super) local: bool,
    /// The flow's own way if nothing.
    pub(super) strategy: Option<Strategy>,
    pub(super) none: Option<Setting<Duration>>,
    pub(super) err: Option<Setting<Duration>>,
    /// Of type `Codec`.
    pub(super) codec: Option<Expr>,
    pub(super) compress: Option<Compress>,
    pub(super) schema_version: Option<Setting<u32>>,
    pub(super) max_ttl: Option<Setting<Duration>>,
    /// Its keys are hidden, and its values are sealed where they leave this process.
    pub(super) sensitive: bool,
    /// A function that looks at values.
    pub(super) validate: Option<Expr>,
    /// What it is forgotten with.
    pub(super) patterns: Vec<LitStr>,
}

/// Whether values are compressed.
pub(super) enum Compress {
    Never,
    /// Where they are longer than so many bytes.
    Above(Setting<usize>),
}

/// How long results are kept.
pub(super) enum Ttl {
    /// Read and checked from text.
    Fixed(Duration),
    /// An expression of type `Duration`, evaluated in each call.
    Computed(Box<Expr>),
}

/// What stands beside the function: its key, how to forget, to refresh and so on.
pub(super) struct Companions {
    pub(super) home: Home,
    pub(super) visibility: Visibility,
}

/// Where companions stand.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Home {
    /// In a type of the function's name: `find_user::invalidate`.
    Type,
    /// Beside it, as associated functions: `find_user_invalidate`.
    Beside,
}
