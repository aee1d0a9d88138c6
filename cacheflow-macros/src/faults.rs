//! The faults of one macro call, gathered so that all are reported at once.
//!
//! A check that finds a fault notes it here and goes on; only the end of the
//! checks turns the notes into one error. Whoever mistyped two options then
//! reads about both after one compilation.

use quote::ToTokens;
use syn::Error;

/// Every fault found so far, in the order of finding.
#[derive(Default)]
pub(crate) struct Faults {
    found: Option<Error>,
}

impl Faults {
    /// Notes a fault that covers all of `tokens`.
    pub(crate) fn on(&mut self, tokens: impl ToTokens, message: impl std::fmt::Display) {
        self.add(Error::new_spanned(tokens, message));
    }

    /// Notes a fault that a parser reported.
    pub(crate) fn add(&mut self, error: Error) {
        self.found = Some(std::mem::take(self).and(error));
    }

    /// All faults and a last one.
    pub(crate) fn and(self, last: Error) -> Error {
        match self.found {
            Some(mut found) => {
                found.combine(last);
                found
            }
            None => last,
        }
    }

    /// All faults as one error, or nothing if there were none.
    pub(crate) fn into_result(self) -> syn::Result<()> {
        self.found.map_or(Ok(()), Err)
    }
}
