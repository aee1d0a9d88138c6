//! From meaning to code. Nothing fails here: what could, `check` refused.
//!
//! Local names have mixed-site hygiene, so that the user's code sees none of
//! them. What the compiler may have to complain about is located at the user's
//! tokens, but stays marked as generated: lints leave it alone.

mod key;
mod owned;
mod strategy;

use super::model::{Cached, Site, Strategy, Ttl};
use super::parse::Function;
use crate::ends::Ends;
use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use std::time::Duration;
use syn::{Expr, Type};

pub(super) fn emit(cached: &Cached) -> TokenStream {
    let Cached {
        function,
        returns,
        site,
        flow,
        key,
        ttl,
        strategy,
    } = cached;
    let Function {
        attrs,
        vis,
        sig,
        inner_attrs,
        ..
    } = function;
    let sig = owned::signature(sig, strategy.as_ref());
    let locals = Locals::new();
    let site = emit_site(site, strategy.as_ref(), &locals);
    let flow = emit_flow(flow.as_ref(), &locals);
    let key = key.iter().map(|part| key::emit_part(part, &locals.key));
    let shape = emit_shape(returns, &locals);
    let call = emit_call(cached, ttl.as_ref(), &locals);
    let key_name = &locals.key;
    quote! {
        #(#attrs)* #vis #sig {
            #(#inner_attrs)*
            #site
            #flow
            let mut #key_name = ::cacheflow::KeyBuf::new();
            #(#key)*
            #shape
            #call
        }
    }
}

/// Names of generated variables.
struct Locals {
    site: Ident,
    flow: Ident,
    key: Ident,
    shape: Ident,
}

impl Locals {
    fn new() -> Self {
        let local = |name| Ident::new(name, Span::mixed_site());
        Self {
            site: local("__cacheflow_site"),
            flow: local("__cacheflow_flow"),
            key: local("__cacheflow_key"),
            shape: local("__cacheflow_shape"),
        }
    }
}

/// Generated, but shown at the user's `place`.
fn shown_at(place: Span) -> Span {
    Span::mixed_site().located_at(place)
}

/// The site, and the place in it where this instance of the function stands.
fn emit_site(site: &Site, strategy: Option<&Strategy>, locals: &Locals) -> TokenStream {
    let at = &locals.site;
    let (make, here) = match site {
        Site::Named(name) => (quote! { named(#name) }, quote! { "" }),
        // The name of a closure has the path of the instance around it, with all
        // parameters, those of an `impl` too; `module_path!` knows of neither.
        Site::Own => (
            quote! { own() },
            quote! { ::core::any::type_name_of_val(&|| ()) },
        ),
    };
    let strategy = strategy.map(strategy::emit);
    quote! {
        static __CACHEFLOW_SITE: ::cacheflow::private::Site =
            ::cacheflow::private::Site::#make #strategy;
        let #at = __CACHEFLOW_SITE.at(#here);
    }
}

fn emit_flow(flow: Option<&Expr>, locals: &Locals) -> TokenStream {
    let name = &locals.flow;
    match flow {
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

/// `&(expression)`, shown at all of the expression.
fn borrowed(expr: &Expr) -> TokenStream {
    let Ends { first, last } = Ends::of(expr);
    let mut inside = Group::new(Delimiter::Parenthesis, expr.to_token_stream());
    inside.set_span(shown_at(last));
    quote_spanned! { shown_at(first)=> &#inside }
}

/// Which shape the return type has, a plain value or an `Option` or a `Result`:
/// the compiler decides by the traits in scope, so that aliases work. A trait
/// is tried the earlier the more references it needs; there are as many `&` as
/// the most special one needs.
fn emit_shape(returns: &Type, locals: &Locals) -> TokenStream {
    let shape = &locals.shape;
    let place = shown_at(Ends::of(returns).first);
    let probe = quote_spanned! { place=>
        (&&&&&&::cacheflow::private::Probe::<#returns>::NEW).shape()
    };
    quote! {
        let #shape = {
            #[allow(unused_imports)]
            use ::cacheflow::private::{
                ShapeOfOption as _, ShapeOfPlain as _, ShapeOfResult as _, ShapeOfResultCloned as _,
                ShapeOfResultOption as _, ShapeOfResultOptionCloned as _,
            };
            #probe
        };
    }
}

fn emit_call(cached: &Cached, ttl: Option<&Ttl>, locals: &Locals) -> TokenStream {
    let Cached {
        function,
        returns,
        strategy,
        ..
    } = cached;
    let Locals {
        site,
        flow,
        key,
        shape,
    } = locals;
    let body = function.body.clone().map(|mut body| {
        // As generated braces, which no lint finds superfluous around one expression.
        body.set_span(shown_at(body.span()));
        body
    });
    // All at one place: the compiler then tells a fault of the type once.
    let place = shown_at(Ends::of(returns).first);
    let mut shape = shape.clone();
    shape.set_span(place);
    let (ttl_let, ttl) = emit_ttl(ttl);
    // An async block learns its type from its first `return`. Without one, a
    // body that ends in `Err(Box::new(error))` would not become a `Box<dyn Error>`.
    let typed = quote_spanned! { place=>
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
    };
    let loading = owned::emit(strategy.as_ref(), body);
    let owned::Loading {
        before,
        inside,
        body,
    } = loading;
    let load = quote! {
        ::cacheflow::private::returning::<#returns, _>(async move { #inside #typed #body })
    };
    let load = if before.is_empty() {
        quote! { move || #load }
    } else {
        quote! { move || { #before #load } }
    };
    let (function, trouble) = strategy::emit_function(strategy.as_ref(), returns, place);
    let wait = quote_spanned! { place=> .await };
    quote! {
        #ttl_let
        #function(#shape, #site, #flow, &mut #key, #ttl, #load #trouble)#wait
    }
}

/// A statement to go before the call, and the argument.
fn emit_ttl(ttl: Option<&Ttl>) -> (TokenStream, TokenStream) {
    match ttl {
        None => (TokenStream::new(), quote! { ::core::option::Option::None }),
        Some(Ttl::Fixed(duration)) => {
            let duration = emit_duration(*duration);
            (
                TokenStream::new(),
                quote! { ::core::option::Option::Some(#duration) },
            )
        }
        Some(Ttl::Computed(duration)) => {
            // With its type stated, a fault of the expression is told as its own.
            let name = Ident::new("__cacheflow_ttl", Span::mixed_site());
            let place = shown_at(Ends::of(duration).first);
            let statement = quote_spanned! { place=>
                let #name: ::core::time::Duration = #duration;
            };
            (statement, quote! { ::core::option::Option::Some(#name) })
        }
    }
}

fn emit_duration(duration: Duration) -> TokenStream {
    let (seconds, nanoseconds) = (duration.as_secs(), duration.subsec_nanos());
    quote! { ::core::time::Duration::new(#seconds, #nanoseconds) }
}
