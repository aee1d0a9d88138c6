//! What writes the key.

use super::{borrowed, shown_at};
use crate::cached::model::{Part, TypeName, Value};
use crate::ends::Ends;
use crate::template::Step;
use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::Index;

/// The statement that writes a part.
pub(super) fn emit_part(part: &Part, key: &Ident) -> TokenStream {
    match part {
        Part::Types(types) => {
            let types = types.iter().map(|it| match it {
                TypeName::Sized(name) => quote! { #name },
                // Only the last element of a tuple can be unsized; a pointer never is.
                TypeName::Unsized(name) => quote! { *const #name },
            });
            quote! { #key.types::<(#(#types,)*)>(); }
        }
        Part::Separator => quote! { #key.separator(); },
        Part::Text(text) => quote! { #key.literal(#text); },
        Part::Value(value) => {
            let write = write_key(value.blame, &emit_place(value), key);
            // The argument has its name for the body, where it is unused.
            let allow = value.root.to_string().starts_with('_').then(|| {
                quote! { #[allow(clippy::used_underscore_binding)] }
            });
            quote! { #allow #write }
        }
        Part::Expression(expr) => write_key(Ends::of(expr), &borrowed(expr), key),
        Part::Nothing => quote! { ::cacheflow::CacheKey::write_key(&(), &mut #key); },
    }
}

fn write_key(blame: Ends, value: &TokenStream, key: &Ident) -> TokenStream {
    quote_spanned! { shown_at(blame.first)=>
        ::cacheflow::CacheKey::write_key(#value, &mut #key);
    }
}

/// `&user.org.id()`, from the first to the last token to blame.
fn emit_place(value: &Value) -> TokenStream {
    let Value { root, steps, blame } = value;
    // The user's variable is found by the hygiene of its declaration.
    let Ends { first, last } = blame.resolved_at(root.span());
    let located = |name: &Ident| {
        let mut name = name.clone();
        name.set_span(last);
        name
    };
    let root = located(root);
    let steps = steps.iter().map(|step| match step {
        Step::Field(name) => {
            let name = located(name);
            quote_spanned! { last=> .#name }
        }
        Step::Method(name) => {
            let name = located(name);
            quote_spanned! { last=> .#name() }
        }
        Step::Index(index) => {
            let index = Index {
                index: *index,
                span: last,
            };
            quote_spanned! { last=> .#index }
        }
    });
    quote_spanned! { first=> &#root #(#steps)* }
}
