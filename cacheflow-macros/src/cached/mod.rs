//! `#[cached]` and `#[cached_fragment]`: attribute and function in, the caching
//! function out.
//!
//! ```text
//! attribute ─ parse ─ Options ──┐
//!                               check ─ Cached ─ emit ─ tokens
//! function ── parse ─ Function ─┘  └─ all faults, and the function as it was
//! ```

mod check;
mod emit;
mod model;
mod parse;
#[cfg(test)]
mod tests;

pub(crate) use parse::Kind;

use crate::faults::Faults;
use crate::function::Function;
use proc_macro2::TokenStream;
use quote::quote;

/// The expansion, or the faults beside the untouched function: its callers
/// then still find it, and one fault stays one error.
pub(crate) fn expand(kind: Kind, attribute: TokenStream, item: TokenStream) -> TokenStream {
    match cached(kind, attribute, item.clone()) {
        Ok(cached) => emit::emit(&cached),
        Err(error) => {
            let errors = error.into_compile_error();
            quote! { #errors #item }
        }
    }
}

fn cached(kind: Kind, attribute: TokenStream, item: TokenStream) -> syn::Result<model::Cached> {
    let mut faults = Faults::default();
    let options = parse::options(kind, attribute, &mut faults);
    match Function::read(kind.attribute(), item) {
        Ok(function) => check::check(kind, options, function, faults),
        Err(error) => Err(faults.and(error)),
    }
}
