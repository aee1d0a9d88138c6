//! From meaning to code; nothing fails here.

use super::model::{Unit, UpdatedAt};
use crate::ends::Ends;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::parse_quote;

pub(super) fn emit(updated_at: &UpdatedAt) -> TokenStream {
    let UpdatedAt {
        name,
        generics,
        member,
        ty,
        unit,
    } = updated_at;
    let span = Ends::of(ty).resolved_at(Span::call_site()).first;
    let trait_name = Ident::new(trait_of(*unit), span);
    let conversion = quote_spanned! { span=> ::cacheflow::version::#trait_name };
    let mut generics = generics.clone();
    // A bound, though the type may be known: a conversion that is missing is then told
    // once, and not for each of its uses.
    let predicates = &mut generics.make_where_clause().predicates;
    predicates.push(parse_quote!(#ty: #conversion));
    let (parameters, arguments, constraints) = generics.split_for_impl();
    let at = Ident::new("__cacheflow_at", Span::mixed_site());
    quote! {
        #[automatically_derived]
        impl #parameters ::cacheflow::HasUpdatedAt for #name #arguments #constraints {
            fn updated_at(&self) -> ::std::time::SystemTime {
                <#ty as #conversion>::read(&self.#member)
            }
        }
        #[automatically_derived]
        impl #parameters ::cacheflow::SetUpdatedAt for #name #arguments #constraints {
            fn set_updated_at(&mut self, #at: ::std::time::SystemTime) {
                self.#member = <#ty as #conversion>::of(#at);
            }
        }
    }
}

fn trait_of(unit: Unit) -> &'static str {
    match unit {
        Unit::Time => "UpdatedAtField",
        Unit::Seconds => "UnixSeconds",
        Unit::Millis => "UnixMillis",
    }
}
