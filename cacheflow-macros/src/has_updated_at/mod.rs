//! `#[derive(HasUpdatedAt)]`: which field says when a value was last changed.

mod check;
mod emit;
mod model;
mod parse;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;

/// The implementations, or the faults.
pub(crate) fn expand(item: TokenStream) -> TokenStream {
    match parse::parse(item).and_then(check::check) {
        Ok(updated_at) => emit::emit(&updated_at),
        Err(error) => error.into_compile_error(),
    }
}
