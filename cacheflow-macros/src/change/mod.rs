//! `#[cache_put]`, `#[cache_evict]`, `#[cache_update]`: a function that changes its
//! source in, and one out that also changes what is kept.
//!
//! ```text
//! attribute ─ parse ─ Options ──┐
//!                               check ─ Change ─ emit ─ tokens
//! function ── parse ─ Function ─┘  └─ all faults, and the function as it was
//! ```
//!
//! The three differ in what stands before the body, and behind it; how the body runs,
//! and how its end is told, is the same.

mod check;
mod emit;
mod model;
mod parse;
#[cfg(test)]
mod tests;

use crate::faults::Faults;
use crate::function::Function;
use proc_macro2::TokenStream;
use quote::quote;

/// Which of the attributes it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Put,
    Evict,
    Update,
}

impl Kind {
    fn attribute(self) -> &'static str {
        match self {
            Self::Put => "cache_put",
            Self::Evict => "cache_evict",
            Self::Update => "cache_update",
        }
    }
}

/// The expansion, or the faults beside the untouched function: its callers
/// then still find it, and one fault stays one error.
pub(crate) fn expand(kind: Kind, attribute: TokenStream, item: TokenStream) -> TokenStream {
    match change(kind, attribute, item.clone()) {
        Ok(change) => emit::emit(&change),
        Err(error) => {
            let errors = error.into_compile_error();
            quote! { #errors #item }
        }
    }
}

fn change(kind: Kind, attribute: TokenStream, item: TokenStream) -> syn::Result<model::Change> {
    let mut faults = Faults::default();
    let options = parse::options(kind, attribute, &mut faults);
    match Function::read(kind.attribute(), item) {
        Ok(function) => check::check(kind, options, function, faults),
        Err(error) => Err(faults.and(error)),
    }
}
