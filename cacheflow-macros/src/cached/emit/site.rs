//! The function's place in the code, and how its cache keeps values.

use super::strategy;
use crate::cached::model::{Cached, Compress, Home, Keeping, Setting, Site, Ttl};
use crate::ends::Ends;
use crate::spans::{borrowed, local, shown_at};
use crate::target::joined;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use std::time::Duration;
use syn::Generics;

/// `static …: Site = …;`
pub(super) fn emit_static(cached: &Cached) -> TokenStream {
    let make = match &cached.site {
        Site::Named(name) => quote! { named(#name) },
        Site::Own => quote! { own() },
    };
    let keeping = emit_keeping(&cached.keeping);
    quote! {
        static __CACHEFLOW_SITE: ::cacheflow::private::Site =
            ::cacheflow::private::Site::#make #keeping;
    }
}

fn emit_keeping(keeping: &Keeping) -> Option<TokenStream> {
    let Keeping {
        local,
        strategy,
        none,
        err,
        codec,
        compress,
        schema_version,
        max_ttl,
        sensitive,
        validate,
        patterns,
    } = keeping;
    let local = local.then(|| quote! { .in_process() });
    let strategy = strategy.as_ref().map(strategy::emit);
    let none = none.as_ref().map(|none| set("cache_none", none));
    let err = err.as_ref().map(|err| set("cache_err", err));
    let codec = codec.as_ref().map(|codec| quote! { .codec(#codec) });
    let compress = compress.as_ref().map(|compress| match compress {
        Compress::Never => quote! { .uncompressed() },
        Compress::Above(bytes) => {
            let bytes = strategy::setting(bytes);
            quote! { .compress(#bytes) }
        }
    });
    let version = schema_version.as_ref().map(|version| {
        let version = strategy::setting(version);
        quote! { .schema_version(#version) }
    });
    let max_ttl = max_ttl.as_ref().map(|max_ttl| set("max_ttl", max_ttl));
    let sensitive = sensitive.then(|| quote! { .sensitive() });
    let validate = validate.as_ref().map(|validate| {
        // What is wrong with it is told where the function is.
        quote_spanned! { shown_at(Ends::of(validate).first)=> .validate(#validate) }
    });
    let patterns =
        (!patterns.is_empty()).then(|| quote! { .invalidation_patterns(&[#(#patterns),*]) });
    let all = quote! {
        #local #strategy #none #err #codec #compress #version #max_ttl #sensitive #validate #patterns
    };
    (!all.is_empty()).then(|| quote! { .with(|it| it #all) })
}

fn set(name: &str, value: &Setting<Duration>) -> TokenStream {
    let name = Ident::new(name, Span::mixed_site());
    let value = strategy::duration(value);
    quote! { .#name(#value) }
}

/// The expression of this call's place, without what the call says of itself.
pub(super) fn emit_at(cached: &Cached) -> TokenStream {
    match cached.home() {
        None => {
            let here = path(&cached.site);
            let site = emit_static(cached);
            quote! {{ #site __CACHEFLOW_SITE.at(#here) }}
        }
        Some(_) => {
            let function = at_function(cached);
            let generics = turbofish(&cached.function.sig.generics);
            quote! { #function #generics () }
        }
    }
}

/// The function that gives the place to all companions.
pub(super) fn emit_at_function(cached: &Cached) -> TokenStream {
    let name = at_name(cached);
    let generics = &cached.function.sig.generics;
    let clauses = &generics.where_clause;
    let site = emit_static(cached);
    let here = path(&cached.site);
    quote! {
        #[doc(hidden)]
        #[inline]
        fn #name #generics () -> ::cacheflow::private::At #clauses {
            #site
            __CACHEFLOW_SITE.at(#here)
        }
    }
}

/// `type_name_of_val` of a closure has the path of the instance around it, with all
/// parameters, those of an `impl` too; `module_path!` knows of neither.
fn path(site: &Site) -> TokenStream {
    match site {
        Site::Named(_) => quote! { "" },
        Site::Own => quote! { ::core::any::type_name_of_val(&|| ()) },
    }
}

fn at_function(cached: &Cached) -> TokenStream {
    let name = at_name(cached);
    let function = &cached.function.sig.ident;
    match cached.home() {
        Some(Home::Type) => quote! { #function::#name },
        _ => quote! { Self::#name },
    }
}

/// Its name is taken out of the path when that becomes the name of a cache.
fn at_name(cached: &Cached) -> Ident {
    let function = &cached.function.sig.ident;
    match cached.home() {
        Some(Home::Beside) => {
            let name = joined(function, "", function.span()).to_string();
            let name = name.trim_end_matches('_');
            Ident::new(&format!("__cacheflow_at_{name}"), Span::mixed_site())
        }
        _ => local("at"),
    }
}

/// `::<T, N>`: lifetimes are the compiler's to find.
pub(super) fn turbofish(generics: &Generics) -> Option<TokenStream> {
    let arguments: Vec<_> = generics
        .params
        .iter()
        .filter_map(|parameter| match parameter {
            syn::GenericParam::Type(it) => Some(&it.ident),
            syn::GenericParam::Const(it) => Some(&it.ident),
            syn::GenericParam::Lifetime(_) => None,
        })
        .collect();
    (!arguments.is_empty()).then(|| quote! { ::<#(#arguments),*> })
}

/// What a call says of itself: a statement to go before it, and what follows the
/// place.
pub(super) fn emit_ttl(ttl: Option<&Ttl>) -> (TokenStream, TokenStream) {
    match ttl {
        None => (TokenStream::new(), TokenStream::new()),
        Some(Ttl::Fixed(duration)) => {
            let duration = super::emit_duration(*duration);
            (TokenStream::new(), quote! { .ttl(#duration) })
        }
        Some(Ttl::Computed(duration)) => {
            // With its type stated, a fault of the expression is told as its own.
            let name = local("ttl");
            let place = shown_at(Ends::of(duration).first);
            let statement = quote_spanned! { place=>
                let #name: ::core::time::Duration = #duration;
            };
            (statement, quote! { .ttl(#name) })
        }
    }
}

pub(super) fn emit_flow(cached: &Cached, name: &Ident) -> TokenStream {
    match &cached.flow {
        Some(flow) => {
            let flow_ref = borrowed(flow);
            quote_spanned! { shown_at(Ends::of(flow).first)=>
                let #name: &::cacheflow::CacheFlow = #flow_ref;
            }
        }
        None => quote! {
            let #name: &::cacheflow::CacheFlow = ::cacheflow::private::global_flow();
        },
    }
}
