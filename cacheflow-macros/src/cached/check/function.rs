//! Whether the function is one whose results can be cached.

use crate::faults::Faults;
use crate::function::{Function, Manner, bare};
use syn::visit_mut::VisitMut;
use syn::{Signature, Type, TypeImplTrait};

/// How it comes to its result, and the type of that; nothing and a fault if there is
/// none to cache.
pub(super) fn check(
    attribute: &str,
    function: &Function,
    faults: &mut Faults,
) -> (Manner, Option<Type>) {
    let Function { sig, body, .. } = function;
    qualifiers(attribute, sig, faults);
    if body.is_none() {
        let message = format!(
            "`{}` has no body: `#[{attribute}]` goes on the implementation",
            sig.ident
        );
        faults.on(&sig.ident, message);
    }
    let (manner, returns) = function.result();
    let Some(returns) = returns else {
        faults.on(&sig.ident, nothing(sig));
        return (manner, None);
    };
    match bare(&returns) {
        Type::Tuple(tuple) if tuple.elems.is_empty() => faults.on(&returns, nothing(sig)),
        Type::Never(_) => faults.on(&returns, nothing(sig)),
        _ => {}
    }
    ImplTraits { attribute, faults }.visit_type_mut(&mut returns.clone());
    (manner, Some(returns))
}

fn qualifiers(attribute: &str, sig: &Signature, faults: &mut Faults) {
    if let Some(token) = sig.constness {
        faults.on(
            token,
            format!("`#[{attribute}]` does not work on const functions: they run while compiling"),
        );
    }
    if let Some(token) = sig.unsafety {
        faults.on(
            token,
            format!("`#[{attribute}]` does not work on unsafe functions: wrap the call in a safe function"),
        );
    }
    if let Some(abi) = &sig.abi {
        faults.on(
            abi,
            format!("`#[{attribute}]` does not work on extern functions: wrap the call in a Rust function"),
        );
    }
}

fn nothing(sig: &Signature) -> String {
    format!(
        "`{}` returns nothing, so there is nothing to cache",
        sig.ident
    )
}

/// Notes each `impl Trait` of a type, however deep.
struct ImplTraits<'a> {
    attribute: &'a str,
    faults: &'a mut Faults,
}

impl VisitMut for ImplTraits<'_> {
    fn visit_type_impl_trait_mut(&mut self, ty: &mut TypeImplTrait) {
        let attribute = self.attribute;
        self.faults.on(
            ty,
            format!(
                "`#[{attribute}]` cannot cache `impl Trait`, a type without a name: return a type that has one"
            ),
        );
    }
}
