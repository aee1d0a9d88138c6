//! The load: the closure that makes the future of the body, and says of its value
//! what the attribute says.

use super::Locals;
use super::owned::{self, Loading};
use super::signature::Signatures;
use crate::cached::model::Cached;
use crate::ends::Ends;
use crate::function::Manner;
use crate::scope::result;
use crate::spans::{local, shown_at};
use proc_macro2::{Group, TokenStream};
use quote::{quote, quote_spanned};
use syn::{ReturnType, Type};

pub(super) fn emit(cached: &Cached, signatures: &Signatures<'_>, locals: &Locals) -> TokenStream {
    let context = &locals.context;
    let (before, after) = cached.said.emit(context);
    let parameter = if cached.said.is_empty() {
        quote! { _ }
    } else {
        quote! { #context }
    };
    let Loading {
        before: copies,
        run,
    } = match cached.home() {
        Some(_) => owned::emit_call(cached, signatures, awaits(cached)),
        None => owned::emit_body(cached, body(cached), in_place(cached)),
    };
    if !cached.said.waits() {
        if before.is_empty() && copies.is_empty() {
            return quote! { move |#parameter| #run };
        }
        return quote! { move |#parameter| { #before #copies #run } };
    }
    let after = emit_after(&after, locals);
    let returned = local("returned");
    let load = local("load");
    if cached.manner == Manner::Sync {
        return quote! {
            move |#parameter| {
                #before
                let #returned = #run;
                #after
                #returned
            }
        };
    }
    quote! {
        move |#parameter| {
            #before
            let #context = ::core::clone::Clone::clone(#context);
            #copies
            let #load = #run;
            async move {
                let #returned = #load.await;
                #after
                #returned
            }
        }
    }
}

/// What is said of a value that was given, if one was.
pub(super) fn emit_after(after: &TokenStream, locals: &Locals) -> TokenStream {
    let shape = &locals.shape;
    let (value, returned) = (result(), local("returned"));
    quote! {
        if let ::core::option::Option::Some(#value) =
            ::cacheflow::private::kept(&#shape, &#returned)
        {
            #after
        }
    }
}

fn awaits(cached: &Cached) -> bool {
    cached.manner != Manner::Sync
}

fn body(cached: &Cached) -> Option<Group> {
    cached.function.body.clone().map(|mut body| {
        // As generated braces, which no lint finds superfluous around one expression.
        body.set_span(shown_at(body.span()));
        body
    })
}

/// How a body runs that is left where it was.
fn in_place(cached: &Cached) -> impl Fn(TokenStream, Option<Group>) -> TokenStream {
    let Cached {
        manner,
        returns,
        function,
        ..
    } = cached;
    let (manner, returns) = (*manner, returns.clone());
    let output = function.sig.output.clone();
    move |inside, body| match manner {
        Manner::Async => {
            let typed = typed(&returns);
            quote! {
                ::cacheflow::private::returning::<#returns, _>(async move { #inside #typed #body })
            }
        }
        // Its `return`s are its own.
        Manner::Sync => quote! {
            ::cacheflow::private::run::<#returns, _>(move || { #inside #body })
        },
        Manner::Boxed | Manner::Future if inside.is_empty() => {
            let output = match (&output, manner) {
                (ReturnType::Type(_, ty), Manner::Boxed) => quote! { -> #ty },
                _ => TokenStream::new(),
            };
            quote! { ::cacheflow::private::begin(move || #output #body) }
        }
        Manner::Boxed | Manner::Future => quote! {
            ::cacheflow::private::returning::<#returns, _>(async move {
                #inside
                ::cacheflow::private::begin(move || #body).await
            })
        },
    }
}

/// An async block learns its type from its first `return`. Without one, a
/// body that ends in `Err(Box::new(error))` would not become a `Box<dyn Error>`.
fn typed(returns: &Type) -> TokenStream {
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
