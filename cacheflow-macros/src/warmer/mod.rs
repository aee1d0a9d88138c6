//! `#[cache_warmer]`: a function that fills caches, found by flows that look for such.
//!
//! ```text
//! attribute ─ parse ─ Options ──┐
//!                               check ─ Warmer ─ emit ─ the function, and a note of it
//! function ── parse ─ Function ─┘  └─ all faults, and the function as it was
//! ```

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

/// The function with a note of it, or the faults beside the untouched function.
pub(crate) fn expand(attribute: TokenStream, item: TokenStream) -> TokenStream {
    match warmer(attribute, item.clone()) {
        Ok(warmer) => {
            let note = emit::emit(&warmer);
            quote! { #item #note }
        }
        Err(error) => {
            let errors = error.into_compile_error();
            quote! { #errors #item }
        }
    }
}

fn warmer(attribute: TokenStream, item: TokenStream) -> syn::Result<model::Warmer> {
    let mut faults = Faults::default();
    let options = parse::options(attribute, &mut faults);
    match Function::read(parse::ATTRIBUTE, item) {
        Ok(function) => check::check(options, &function, faults),
        Err(error) => Err(faults.and(error)),
    }
}
