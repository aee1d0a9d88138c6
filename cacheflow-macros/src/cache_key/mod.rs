//! `#[derive(CacheKey)]`: fields in order, variants by name.

mod check;
mod emit;
mod model;
mod parse;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;

/// The implementation, or the faults.
pub(crate) fn expand(item: TokenStream) -> TokenStream {
    match parse::parse(item).and_then(check::check) {
        Ok(key) => emit::emit(&key),
        Err(error) => error.into_compile_error(),
    }
}
