//! From meaning to code; nothing fails here.

use super::model::{Field, Key, Shape, Variant};
use crate::ends::Ends;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Member, parse_quote};

pub(super) fn emit(key: &Key) -> TokenStream {
    let Key {
        name,
        generics,
        bounds,
        shape,
    } = key;
    let mut generics = generics.clone();
    if !bounds.is_empty() {
        let predicates = &mut generics.make_where_clause().predicates;
        for bound in bounds {
            predicates.push(parse_quote!(#bound: ::cacheflow::CacheKey));
        }
    }
    let (parameters, arguments, constraints) = generics.split_for_impl();
    let buffer = Ident::new("__cacheflow_key", Span::mixed_site());
    let body = match shape {
        Shape::Struct(fields) => emit_struct(fields, &buffer),
        Shape::Enum(variants) => emit_enum(variants, &buffer),
    };
    quote! {
        #[automatically_derived]
        impl #parameters ::cacheflow::CacheKey for #name #arguments #constraints {
            fn write_key(&self, #buffer: &mut ::cacheflow::KeyBuf) {
                #body
            }
        }
    }
}

fn emit_struct(fields: &[Field], buffer: &Ident) -> TokenStream {
    let mut fields = fields.iter().filter(|field| !field.skip).peekable();
    if fields.peek().is_none() {
        return quote! { ::cacheflow::CacheKey::write_key(&(), #buffer); };
    }
    let fields = fields.map(|Field { member, ty, .. }| {
        let blame = Ends::of(ty).resolved_at(Span::call_site());
        let mut member = member.clone();
        set_span(&mut member, blame.last);
        let value = quote_spanned! { blame.first=> &self.#member };
        write_key(blame, &value, buffer)
    });
    separated(fields, buffer)
}

fn emit_enum(variants: &[Variant], buffer: &Ident) -> TokenStream {
    if variants.is_empty() {
        return quote! { match *self {} };
    }
    let arms = variants.iter().map(|variant| emit_arm(variant, buffer));
    quote! { match self { #(#arms)* } }
}

fn emit_arm(Variant { name, text, fields }: &Variant, buffer: &Ident) -> TokenStream {
    let skips = fields.iter().any(|field| field.skip);
    let rest = skips.then(|| quote! { .. });
    let fields: Vec<_> = fields.iter().filter(|field| !field.skip).collect();
    if fields.is_empty() {
        return quote! { Self::#name { #rest } => #buffer.variant(#text), };
    }
    let members = fields.iter().map(|field| &field.member);
    let bindings: Vec<_> = (0..fields.len())
        .map(|index| Ident::new(&format!("__cacheflow_{index}"), Span::mixed_site()))
        .collect();
    let writes = fields.iter().zip(&bindings).map(|(field, binding)| {
        let blame = Ends::of(&field.ty).resolved_at(Span::mixed_site());
        let mut binding = binding.clone();
        binding.set_span(blame.last);
        // The binding is a reference already; borrowed anew, so that the place
        // to blame reaches from the type's first token to its last.
        let value = quote_spanned! { blame.first=> &*#binding };
        write_key(blame, &value, buffer)
    });
    let writes = separated(writes, buffer);
    // Braces and `0:` fit tuple variants as well.
    quote! {
        Self::#name { #(#members: #bindings,)* #rest } => {
            #buffer.variant(#text);
            #buffer.open();
            #writes
            #buffer.close();
        }
    }
}

fn write_key(blame: Ends, value: &TokenStream, buffer: &Ident) -> TokenStream {
    let write = quote_spanned! { blame.first=> ::cacheflow::CacheKey::write_key };
    quote! { #write(#value, #buffer); }
}

fn separated(writes: impl Iterator<Item = TokenStream>, buffer: &Ident) -> TokenStream {
    let separator = quote! { #buffer.separator(); };
    let writes = writes.enumerate().map(|(index, write)| {
        let separator = (index > 0).then_some(&separator);
        quote! { #separator #write }
    });
    writes.collect()
}

fn set_span(member: &mut Member, span: Span) {
    match member {
        Member::Named(name) => name.set_span(span),
        Member::Unnamed(index) => index.span = span,
    }
}
