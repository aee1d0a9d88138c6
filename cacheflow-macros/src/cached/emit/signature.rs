//! The signatures of the function and of what stands beside it.

use crate::arguments::{Argument, mentions};
use crate::cached::model::{Cached, Home, Strategy};
use crate::spans::local;
use crate::target::joined;
use proc_macro2::{Group, Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt;
use syn::visit_mut::{VisitMut, visit_pat_ident_mut};
use syn::{Attribute, FnArg, Ident, Meta, Pat, PatIdent, Signature};

/// The function's signature, and what others are made of it.
pub(super) struct Signatures<'a> {
    cached: &'a Cached,
    inputs: Vec<Input>,
}

/// One argument, the receiver among them.
struct Input {
    as_written: FnArg,
    /// By what name it is handed on.
    name: Ident,
    /// What it binds.
    binds: Vec<Ident>,
}

impl<'a> Signatures<'a> {
    pub(super) fn of(cached: &'a Cached) -> Self {
        let inputs = cached.function.sig.inputs.iter().enumerate();
        let inputs = inputs.map(|(position, input)| Input::of(position, input));
        Self {
            cached,
            inputs: inputs.collect(),
        }
    }

    /// The function's own where its body stays: without the `mut` of arguments that
    /// are only copied from.
    pub(super) fn in_place(&self, sig: &Signature, strategy: Option<&Strategy>) -> Signature {
        let lent = strategy.and_then(|strategy| strategy.background.as_deref());
        let lent = lent.unwrap_or_default();
        let mut sig = sig.clone();
        for argument in &mut sig.inputs {
            if let FnArg::Typed(argument) = argument
                && let Pat::Ident(pattern) = argument.pat.as_mut()
                && lent.iter().any(|it| it.name == pattern.ident)
            {
                pattern.mutability = None;
            }
        }
        sig
    }

    /// That of a function which hands all arguments on.
    pub(super) fn forwarding(&self) -> Signature {
        let mut sig = self.cached.function.sig.clone();
        sig.inputs = self.inputs.iter().map(Input::forwarded).collect();
        sig
    }

    /// The same under a companion's name.
    pub(super) fn companion(&self, name: &str) -> Signature {
        let mut sig = self.forwarding();
        sig.ident = self.name(name);
        sig
    }

    /// The name of a companion, beside the function or within their type.
    pub(super) fn name(&self, companion: &str) -> Ident {
        let function = &self.cached.function.sig.ident;
        match self.cached.home() {
            Some(Home::Beside) => joined(function, companion, function.span()),
            _ => Ident::new(companion, function.span().resolved_at(Span::mixed_site())),
        }
    }

    /// What a companion is called as from the function.
    pub(super) fn path(&self, companion: &str) -> TokenStream {
        let name = self.name(companion);
        match self.cached.home() {
            Some(Home::Type) => {
                let function = &self.cached.function.sig.ident;
                quote! { #function::#name }
            }
            _ => quote! { Self::#name },
        }
    }

    /// Lets the attribute see the names within arguments that are taken apart: as
    /// references, since the arguments are handed on whole.
    pub(super) fn bound(&self) -> TokenStream {
        if self.cached.companions.is_none() {
            return TokenStream::new();
        }
        let bound = self.inputs.iter().filter_map(|input| {
            let FnArg::Typed(argument) = &input.as_written else {
                return None;
            };
            if matches!(argument.pat.as_ref(), Pat::Ident(pattern) if pattern.subpat.is_none())
                || input.binds.is_empty()
            {
                return None;
            }
            let mut pattern = argument.pat.as_ref().clone();
            ByReference.visit_pat_mut(&mut pattern);
            let name = &input.name;
            Some(quote! {
                #[allow(unused_variables, clippy::all, clippy::pedantic)]
                let #pattern = &#name;
            })
        });
        bound.collect()
    }

    /// The arguments that these tokens use, as they are written.
    pub(super) fn used_by(&self, tokens: &TokenStream) -> Vec<FnArg> {
        let used = self.inputs.iter().filter(|input| input.is_used_by(tokens));
        used.map(Input::plain).collect()
    }

    /// The function that has the body. What that does not use is not handed on to it:
    /// the attribute may have borrowed it, or cannot copy it.
    pub(super) fn body(&self) -> &'static str {
        if self.taken_by_body().count() == self.inputs.len() {
            "original"
        } else {
            "__cacheflow_body"
        }
    }

    /// What that takes.
    pub(super) fn taken_by_body(&self) -> impl Iterator<Item = (&FnArg, &Ident)> {
        let body = self.cached.function.body.as_ref().map(Group::stream);
        let body = body.unwrap_or_default();
        let inputs = self.inputs.iter();
        let taken = inputs.filter(move |input| input.is_used_by(&body));
        taken.map(|input| (&input.as_written, &input.name))
    }

    /// The same with plain names, to be handed on.
    pub(super) fn handing_on(&self, tokens: &TokenStream) -> Vec<FnArg> {
        let used = self.inputs.iter().filter(|input| input.is_used_by(tokens));
        used.map(Input::forwarded).collect()
    }

    /// By what names they are handed on.
    pub(super) fn handed_on_by(&self, tokens: &TokenStream) -> Vec<&Ident> {
        let used = self.inputs.iter().filter(|input| input.is_used_by(tokens));
        used.map(|input| &input.name).collect()
    }

    /// What of them is used.
    pub(super) fn names_used_by(&self, tokens: &TokenStream) -> Vec<&Ident> {
        let names = self.inputs.iter().flat_map(|input| &input.binds);
        let used = names.filter(|name| mentions(tokens, &name.unraw().to_string()));
        used.collect()
    }
}

impl Input {
    fn of(position: usize, input: &FnArg) -> Self {
        let (name, binds) = match input {
            FnArg::Receiver(receiver) => {
                let name = Ident::from(receiver.self_token);
                (name.clone(), vec![name])
            }
            FnArg::Typed(argument) => {
                let argument = Argument::of(argument);
                let name = argument.name.clone();
                (
                    name.unwrap_or_else(|| local(&format!("argument_{position}"))),
                    argument.binds,
                )
            }
        };
        Self {
            as_written: input.clone(),
            name,
            binds,
        }
    }

    /// With a plain name.
    fn forwarded(&self) -> FnArg {
        let mut input = self.plain();
        if let FnArg::Typed(argument) = &mut input
            && !matches!(argument.pat.as_ref(), Pat::Ident(pattern) if pattern.subpat.is_none())
        {
            *argument.pat = Pat::Ident(PatIdent {
                attrs: Vec::new(),
                by_ref: None,
                mutability: None,
                ident: self.name.clone(),
                subpat: None,
            });
        }
        input
    }

    /// Without `mut`, which is of use to a body only.
    fn plain(&self) -> FnArg {
        let mut input = self.as_written.clone();
        match &mut input {
            FnArg::Receiver(receiver) if receiver.reference.is_none() => receiver.mutability = None,
            FnArg::Receiver(_) => {}
            FnArg::Typed(argument) => Immutable.visit_pat_mut(&mut argument.pat),
        }
        input
    }

    fn is_used_by(&self, tokens: &TokenStream) -> bool {
        let mut names = self.binds.iter();
        names.any(|name| mentions(tokens, &name.unraw().to_string()))
    }
}

/// An attribute that expects a lint to fire, as one that allows it: the body, where it
/// may, is elsewhere.
pub(super) fn allowed(attribute: &Attribute) -> Attribute {
    let mut attribute = attribute.clone();
    if let Meta::List(list) = &mut attribute.meta
        && list.path.is_ident("expect")
    {
        let place = list.path.segments[0].ident.span();
        list.path = Ident::new("allow", place).into();
    }
    attribute
}

/// Whether an attribute says something of lints, or whether the function is there.
pub(super) fn concerns_bodies(attribute: &Attribute) -> bool {
    ["allow", "expect", "warn", "deny", "forbid", "cfg"]
        .iter()
        .any(|name| attribute.path().is_ident(name))
}

struct Immutable;

impl VisitMut for Immutable {
    fn visit_pat_ident_mut(&mut self, pat: &mut PatIdent) {
        if pat.by_ref.is_none() {
            pat.mutability = None;
        }
        visit_pat_ident_mut(self, pat);
    }
}

/// A pattern of a reference to what it takes apart.
struct ByReference;

impl VisitMut for ByReference {
    fn visit_pat_ident_mut(&mut self, pat: &mut PatIdent) {
        (pat.by_ref, pat.mutability) = (None, None);
        visit_pat_ident_mut(self, pat);
    }
}
