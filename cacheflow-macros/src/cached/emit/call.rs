//! The call: its place, its key, and the load that runs if nobody has the value.

use super::signature::Signatures;
use super::{Locals, load, site, strategy};
use crate::cached::model::Cached;
use crate::ends::Ends;
use crate::function::Manner;
use crate::spans::{local, shown_at};
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::Type;

/// What stands in the function's place, or in that of its `refresh`, which `reloads`.
pub(super) fn emit(cached: &Cached, signatures: &Signatures<'_>, reloads: bool) -> TokenStream {
    let Cached {
        manner,
        returns,
        when,
        ..
    } = cached;
    let locals = Locals::new();
    let Locals {
        at,
        flow,
        key,
        shape,
        ..
    } = &locals;
    let bound = signatures.bound();
    let (ttl_let, ttl) = site::emit_ttl(cached.ttl.as_ref());
    let when = when.as_ref().map(|when| quote! { .when(#when) });
    let reload = reloads.then(|| quote! { .reload() });
    let here = site::emit_at(cached);
    let shape_let = emit_shape(cached, &locals);
    let key_let = emit_key(cached, &locals);
    let load = load::emit(cached, signatures, &locals);
    // All at one place: the compiler then tells a fault of the type once.
    let place = shown_at(Ends::of(returns).first);
    let mut shown = shape.clone();
    shown.set_span(place);
    let missed = local("missed");
    let look = quote_spanned! { place=> ::cacheflow::private::look };
    // A hit returns here: the key's buffer is no part of the future, nor is anything
    // else that a load would need.
    let before = quote! {
        #bound
        #ttl_let
        let #at = #here #ttl #when #reload;
        #shape_let
        let #missed = {
            #key_let
            match #look(#shown, #at, #flow, &#key) {
                ::core::result::Result::Ok(hit) => return hit,
                ::core::result::Result::Err(missed) => missed,
            }
        };
    };
    if *manner == Manner::Sync {
        let function = quote_spanned! { place=> ::cacheflow::private::cached_now };
        return quote! {
            #before
            #function(#missed, #load)
        };
    }
    let strategy = cached.keeping.strategy.as_ref();
    let (function, trouble) = strategy::emit_function(strategy, returns, place);
    let wait = quote_spanned! { place=> .await };
    let call = quote! {
        #before
        #function(#missed, #load #trouble)#wait
    };
    match manner {
        Manner::Boxed => quote! { ::std::boxed::Box::pin(async move { #call }) },
        Manner::Future => quote! { async move { #call } },
        _ => call,
    }
}

/// The flow, the key and the shape, by their names.
pub(super) fn emit_names(cached: &Cached, locals: &Locals) -> TokenStream {
    let key = emit_key(cached, locals);
    let shape = emit_shape(cached, locals);
    quote! { #key #shape }
}

/// The flow and the key.
pub(super) fn emit_key(cached: &Cached, locals: &Locals) -> TokenStream {
    let key_name = &locals.key;
    let flow = site::emit_flow(cached, &locals.flow);
    let key = cached.key.iter().map(|part| part.emit(key_name));
    quote! {
        #flow
        let mut #key_name = ::cacheflow::KeyBuf::new();
        #(#key)*
    }
}

pub(super) fn emit_shape(cached: &Cached, locals: &Locals) -> TokenStream {
    let probed = probe(&cached.returns);
    let shape = &locals.shape;
    let place = shown_at(Ends::of(&cached.returns).first);
    let check = if cached.keeping.local {
        quote_spanned! { place=> ::cacheflow::private::in_process }
    } else {
        quote_spanned! { place=> ::cacheflow::private::cacheable }
    };
    let mut probed_at = shape.clone();
    probed_at.set_span(place);
    // Only for the compiler, which compares what is looked at with what is returned.
    let validated = cached.keeping.validate.as_ref().map(|validate| {
        quote_spanned! { shown_at(Ends::of(validate).first)=>
            let #shape = ::cacheflow::private::validated(#shape, #validate);
        }
    });
    quote! {
        let #shape = #probed;
        #validated
        let #shape = #check(#probed_at);
    }
}

/// Which shape the return type has, a plain value or an `Option` or a `Result`:
/// the compiler decides by the traits in scope, so that aliases work. A trait
/// is tried the earlier the more references it needs; there are as many `&` as
/// the most special one needs.
fn probe(returns: &Type) -> TokenStream {
    let place = shown_at(Ends::of(returns).first);
    let probe = quote_spanned! { place=>
        (&&&&&&::cacheflow::private::Probe::<#returns>::NEW).shape()
    };
    quote! {{
        #[allow(unused_imports)]
        use ::cacheflow::private::{
            ShapeOfOption as _, ShapeOfPlain as _, ShapeOfResult as _, ShapeOfResultCloned as _,
            ShapeOfResultOption as _, ShapeOfResultOptionCloned as _,
        };
        #probe
    }}
}
