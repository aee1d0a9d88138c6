//! From meaning to code. Nothing fails here: what could, `check` refused.
//!
//! Local names have mixed-site hygiene, so that the user's code sees none of
//! them. What the compiler may have to complain about is located at the user's
//! tokens, but stays marked as generated: lints leave it alone.
//!
//! A function with companions has its body in one of them, `original`, since two
//! run it: the function itself and `refresh`. One without has it where it was.

mod call;
mod companions;
mod load;
mod owned;
mod signature;
mod site;
mod strategy;

use super::model::{Cached, Home};
use crate::function::Function;
use crate::spans::local;
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use signature::Signatures;
use std::time::Duration;

pub(super) fn emit(cached: &Cached) -> TokenStream {
    let Function {
        attrs,
        vis,
        sig,
        inner_attrs,
        ..
    } = &cached.function;
    let signatures = Signatures::of(cached);
    let call = call::emit(cached, &signatures, false);
    let companions = companions::emit(cached, &signatures);
    if cached.companions.is_none() {
        let sig = signatures.in_place(sig, cached.keeping.strategy.as_ref());
        return quote! {
            #(#attrs)* #vis #sig {
                #(#inner_attrs)*
                #call
            }
        };
    }
    let attrs = attrs.iter().map(signature::allowed);
    let sig = signatures.forwarding();
    quote! {
        #(#attrs)* #vis #sig { #call }
        #companions
    }
}

impl Cached {
    fn home(&self) -> Option<Home> {
        self.companions.as_ref().map(|companions| companions.home)
    }
}

/// Names of generated variables.
struct Locals {
    at: Ident,
    flow: Ident,
    key: Ident,
    shape: Ident,
    context: Ident,
}

impl Locals {
    fn new() -> Self {
        Self {
            at: local("at"),
            flow: local("flow"),
            key: local("key"),
            shape: local("shape"),
            context: local("context"),
        }
    }
}

fn emit_duration(duration: Duration) -> TokenStream {
    let (seconds, nanoseconds) = (duration.as_secs(), duration.subsec_nanos());
    quote! { ::core::time::Duration::new(#seconds, #nanoseconds) }
}
