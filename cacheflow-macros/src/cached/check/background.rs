//! Whether a body can go on without its call: then it owns what it uses.

use crate::arguments::{Argument, Arguments, mentions};
use crate::cached::model::Lent;
use crate::faults::Faults;
use crate::function::Function;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::visit_mut::{VisitMut, visit_type_reference_mut};
use syn::{
    BoundLifetimes, Ident, Lifetime, ParenthesizedGenericArguments, Pat, Receiver, Type,
    TypeBareFn, TypeReference,
};

/// What the body must have a copy of. `cause` begins the messages: whose doing
/// it is.
pub(super) fn check(
    function: &Function,
    arguments: &Arguments<'_>,
    cause: &str,
    faults: &mut Faults,
) -> Vec<Lent> {
    let body = function.body.as_ref().map(ToTokens::to_token_stream);
    let body = body.unwrap_or_default();
    let mut lent = Vec::new();
    if let Some(receiver) = arguments.receiver
        && let Some(copy) = of_receiver(receiver, cause, faults)
        && mentions(&body, "self")
    {
        lent.push(copy);
    }
    for argument in &arguments.typed {
        if let Some(copy) = of_argument(argument, cause, faults)
            && mentions(&body, &copy.name.unraw().to_string())
        {
            lent.push(copy);
        }
    }
    lent
}

fn of_receiver(receiver: &Receiver, cause: &str, faults: &mut Faults) -> Option<Lent> {
    let Some(reference) = reference(&receiver.ty) else {
        if borrows(&receiver.ty) {
            faults.on(receiver, within(cause, "`self`"));
        }
        return None;
    };
    if reference.mutability.is_some() {
        let message = format!(
            "{cause} in the background, which outlives the call, and `self` is borrowed mutably: \
             take `&self` of a type that is `Clone`"
        );
        faults.on(receiver, message);
        return None;
    }
    Some(Lent {
        name: Ident::from(receiver.self_token),
        mutable: None,
    })
}

fn of_argument(argument: &Argument<'_>, cause: &str, faults: &mut Faults) -> Option<Lent> {
    let ty = argument.source.ty.as_ref();
    let pattern = argument.source.pat.as_ref();
    let shown = argument.name.as_ref().map_or_else(
        || "this argument".to_owned(),
        |name| format!("`{}`", name.unraw()),
    );
    let Some(reference) = reference(ty) else {
        if borrows(ty) {
            faults.on(ty, within(cause, &shown));
        }
        return None;
    };
    if reference.mutability.is_some() {
        let message = format!(
            "{cause} in the background, which outlives the call, and {shown} is borrowed mutably: \
             take it by value, or as an `Arc` of something with a lock"
        );
        faults.on(ty, message);
        return None;
    }
    if borrows(&reference.elem) {
        faults.on(ty, within(cause, &shown));
        return None;
    }
    if let (Some(name), Pat::Ident(pattern)) = (&argument.name, pattern) {
        return Some(Lent {
            name: name.clone(),
            mutable: pattern.mutability,
        });
    }
    if !argument.binds.is_empty() {
        let message = format!(
            "{cause} in the background, which outlives the call, and a reference that is taken \
             apart cannot be copied for it: give the argument a plain name"
        );
        faults.on(pattern, message);
    }
    None
}

fn within(cause: &str, shown: &str) -> String {
    format!(
        "{cause} in the background, which outlives the call, and {shown} borrows within its type: \
         take a type that owns, or a plain reference to one"
    )
}

/// A reference that does not last as long as the process.
fn reference(ty: &Type) -> Option<&TypeReference> {
    match ty {
        Type::Group(inner) => reference(&inner.elem),
        Type::Paren(inner) => reference(&inner.elem),
        Type::Reference(reference) => {
            let lasts = reference.lifetime.as_ref();
            (!lasts.is_some_and(is_static)).then_some(reference)
        }
        _ => None,
    }
}

fn is_static(lifetime: &Lifetime) -> bool {
    lifetime.ident == "static"
}

/// Whether a type borrows, as far as it can be seen.
fn borrows(ty: &Type) -> bool {
    let mut borrows = Borrows(false);
    borrows.visit_type_mut(&mut ty.clone());
    borrows.0
}

struct Borrows(bool);

impl VisitMut for Borrows {
    fn visit_type_reference_mut(&mut self, ty: &mut TypeReference) {
        self.0 |= ty.lifetime.is_none();
        visit_type_reference_mut(self, ty);
    }

    fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
        self.0 |= !is_static(lifetime);
    }

    fn visit_bound_lifetimes_mut(&mut self, _: &mut BoundLifetimes) {}

    /// The arguments of a function are borrowed from its caller.
    fn visit_type_bare_fn_mut(&mut self, _: &mut TypeBareFn) {}

    fn visit_parenthesized_generic_arguments_mut(&mut self, _: &mut ParenthesizedGenericArguments) {
    }
}
