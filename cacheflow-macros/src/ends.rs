//! Places for the compiler's messages about generated code.

use proc_macro2::Span;
use quote::ToTokens;

/// The user's tokens from `first` to `last`.
///
/// Stable Rust offers no span over several tokens, but the compiler makes one
/// itself for an expression whose tokens lie apart: `&` at the first and a name
/// at the last shows a fault under all between them.
#[derive(Clone, Copy)]
pub(crate) struct Ends {
    pub(crate) first: Span,
    pub(crate) last: Span,
}

impl Ends {
    pub(crate) fn of(tokens: impl ToTokens) -> Self {
        let mut spans = tokens
            .into_token_stream()
            .into_iter()
            .map(|tree| tree.span());
        let first = spans.next().unwrap_or_else(Span::call_site);
        Self {
            first,
            last: spans.last().unwrap_or(first),
        }
    }

    /// The same place with the names and the lints of `origin`.
    pub(crate) fn resolved_at(self, origin: Span) -> Self {
        Self {
            first: self.first.resolved_at(origin),
            last: self.last.resolved_at(origin),
        }
    }
}
