//! Whether the function is one that can change something and then be waited for.

use crate::change::Kind;
use crate::faults::Faults;
use crate::function::{Function, Manner, bare};
use syn::visit_mut::{VisitMut, visit_type_mut};
use syn::{Signature, Type, TypeInfer, parse_quote};

/// How it comes to its result, and the type of that.
pub(super) fn check(kind: Kind, function: &Function, faults: &mut Faults) -> (Manner, Type) {
    let Function { sig, body, .. } = function;
    let (attribute, name) = (kind.attribute(), &sig.ident);
    qualifiers(attribute, sig, faults);
    if body.is_none() {
        let message = format!("`{name}` has no body: `#[{attribute}]` goes on the implementation");
        faults.on(name, message);
    }
    let (manner, returns) = function.result();
    if manner == Manner::Sync && sig.constness.is_none() {
        let message = format!(
            "`{name}` is not async and cannot wait for what `#[{attribute}]` does: write `async fn`"
        );
        faults.on(name, message);
    }
    let mut returns = returns.unwrap_or_else(|| parse_quote!(()));
    match bare(&returns) {
        Type::Never(_) => faults.on(&returns, format!("`{name}` never returns")),
        Type::Tuple(tuple) if tuple.elems.is_empty() && kind == Kind::Put => {
            faults.on(
                name,
                format!("`{name}` returns nothing, so there is nothing to put"),
            );
        }
        _ => {}
    }
    Unnamed.visit_type_mut(&mut returns);
    (manner, returns)
}

fn qualifiers(attribute: &str, sig: &Signature, faults: &mut Faults) {
    if let Some(token) = sig.constness {
        let message =
            format!("`#[{attribute}]` does not work on const functions: they run while compiling");
        faults.on(token, message);
    }
    if let Some(token) = sig.unsafety {
        let message = format!(
            "`#[{attribute}]` does not work on unsafe functions: wrap the call in a safe function"
        );
        faults.on(token, message);
    }
    if let Some(abi) = &sig.abi {
        let message = format!(
            "`#[{attribute}]` does not work on extern functions: wrap the call in a Rust function"
        );
        faults.on(abi, message);
    }
}

/// Leaves each type that has no name to the compiler.
struct Unnamed;

impl VisitMut for Unnamed {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        if matches!(ty, Type::ImplTrait(_)) {
            *ty = Type::Infer(TypeInfer {
                underscore_token: <syn::Token![_]>::default(),
            });
        }
        visit_type_mut(self, ty);
    }
}
