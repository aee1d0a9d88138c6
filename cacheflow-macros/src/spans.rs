//! Where generated code is shown.

use crate::ends::Ends;
use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::Expr;

/// Generated, but shown at the user's `place`: the compiler's complaints fall there,
/// and lints leave it alone.
pub(crate) fn shown_at(place: Span) -> Span {
    Span::mixed_site().located_at(place)
}

/// `&(expression)`, shown at all of the expression.
pub(crate) fn borrowed(expr: &Expr) -> TokenStream {
    let Ends { first, last } = Ends::of(expr);
    let mut inside = Group::new(Delimiter::Parenthesis, expr.to_token_stream());
    inside.set_span(shown_at(last));
    quote_spanned! { shown_at(first)=> &#inside }
}

/// A generated variable, which the user's code does not see.
pub(crate) fn local(name: &str) -> Ident {
    Ident::new(&format!("__cacheflow_{name}"), Span::mixed_site())
}
