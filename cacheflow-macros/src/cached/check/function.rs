//! Whether the function is one whose results can be cached.

use crate::cached::parse::Function;
use crate::faults::Faults;
use syn::visit_mut::VisitMut;
use syn::{ReturnType, Signature, Type, TypeImplTrait};

/// The return type, or nothing and a fault if there is none to cache.
pub(super) fn check(function: &Function, faults: &mut Faults) -> Option<Type> {
    let Function { sig, body, .. } = function;
    qualifiers(sig, faults);
    if body.is_none() {
        let message = format!(
            "`{}` has no body: `#[cached]` goes on the implementation",
            sig.ident
        );
        faults.on(&sig.ident, message);
    }
    let ReturnType::Type(_, returns) = &sig.output else {
        faults.on(&sig.ident, nothing(sig));
        return None;
    };
    match bare(returns) {
        Type::Tuple(tuple) if tuple.elems.is_empty() => faults.on(returns, nothing(sig)),
        Type::Never(_) => faults.on(returns, nothing(sig)),
        _ => {}
    }
    ImplTraits { faults }.visit_type_mut(&mut returns.as_ref().clone());
    Some(returns.as_ref().clone())
}

fn qualifiers(sig: &Signature, faults: &mut Faults) {
    if let Some(token) = sig.constness {
        faults.on(
            token,
            "`#[cached]` does not work on const functions: they run while compiling",
        );
    } else if sig.asyncness.is_none() {
        faults.on(sig.fn_token, not_async(sig));
    }
    if let Some(token) = sig.unsafety {
        faults.on(
            token,
            "`#[cached]` does not work on unsafe functions: wrap the call in a safe function",
        );
    }
    if let Some(abi) = &sig.abi {
        faults.on(
            abi,
            "`#[cached]` does not work on extern functions: wrap the call in a Rust function",
        );
    }
}

fn not_async(sig: &Signature) -> &'static str {
    let pinned = match &sig.output {
        ReturnType::Type(_, returns) => match bare(returns) {
            Type::Path(path) => path
                .path
                .segments
                .last()
                .is_some_and(|it| it.ident == "Pin"),
            _ => false,
        },
        ReturnType::Default => false,
    };
    if pinned {
        // It expands first and leaves `#[cached]` on what it made of the method.
        "`#[cached]` works on async functions, and this one returns a boxed future; \
         if `#[async_trait]` made it so, cache an inherent method and call that"
    } else {
        "`#[cached]` works on async functions: write `async fn`"
    }
}

fn nothing(sig: &Signature) -> String {
    format!(
        "`{}` returns nothing, so there is nothing to cache",
        sig.ident
    )
}

/// The type without the parentheses and invisible groups around it.
fn bare(mut ty: &Type) -> &Type {
    loop {
        ty = match ty {
            Type::Paren(inner) => &inner.elem,
            Type::Group(inner) => &inner.elem,
            _ => return ty,
        };
    }
}

/// Notes each `impl Trait` of a type, however deep.
struct ImplTraits<'a> {
    faults: &'a mut Faults,
}

impl VisitMut for ImplTraits<'_> {
    fn visit_type_impl_trait_mut(&mut self, ty: &mut TypeImplTrait) {
        self.faults.on(
            ty,
            "`#[cached]` cannot cache `impl Trait`, a type without a name: return a type that has one",
        );
    }
}
