//! The function's own body, in its place.

use crate::change::model::Change;
use crate::ends::Ends;
use crate::function::Manner;
use crate::spans::shown_at;
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{ReturnType, Type};

/// What the body gives, awaited.
pub(super) fn emit(change: &Change) -> TokenStream {
    let returns = &change.returns;
    let body = change.function.body.clone().map(|mut body| {
        // As generated braces, which no lint finds superfluous around one expression.
        body.set_span(shown_at(body.span()));
        body
    });
    // Its `return`s are its own.
    match change.manner {
        Manner::Boxed | Manner::Future => {
            let output = match (&change.function.sig.output, change.manner) {
                (ReturnType::Type(_, ty), Manner::Boxed) => quote! { -> #ty },
                _ => TokenStream::new(),
            };
            quote! {
                ::cacheflow::private::returning::<#returns, _>(
                    ::cacheflow::private::begin(move || #output #body)
                ).await
            }
        }
        Manner::Async | Manner::Sync => {
            let typed = typed(returns);
            quote! {
                ::cacheflow::private::returning::<#returns, _>(async move { #typed #body }).await
            }
        }
    }
}

/// An async block learns its type from its first `return`. Without one, a
/// body that ends in `Err(Box::new(error))` would not become a `Box<dyn Error>`.
fn typed(returns: &Type) -> TokenStream {
    if matches!(returns, Type::Tuple(tuple) if tuple.elems.is_empty()) {
        return TokenStream::new();
    }
    let place = shown_at(Ends::of(returns).first);
    quote_spanned! { place=>
        #[allow(
            unreachable_code,
            clippy::diverging_sub_expression,
            clippy::let_unit_value,
            clippy::needless_return,
        )]
        if false {
            let __cacheflow_never: #returns = loop {};
            return __cacheflow_never;
        }
    }
}
