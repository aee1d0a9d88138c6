//! A function that fills caches, and when it does.

use crate::ends::Ends;
use std::time::Duration;
use syn::Ident;

pub(super) struct Warmer {
    /// The function.
    pub(super) function: Ident,
    /// None: that of the function, with its path.
    pub(super) name: Option<String>,
    pub(super) caches: Vec<String>,
    pub(super) plan: Plan,
    /// What it returns: blamed when that is no report.
    pub(super) returns: Ends,
}

pub(super) struct Plan {
    pub(super) required: bool,
    pub(super) on_startup: bool,
    pub(super) per_node: bool,
    pub(super) every: Option<Duration>,
    pub(super) cron: Option<String>,
    pub(super) once_per: Option<Duration>,
    pub(super) timeout: Option<Duration>,
}
