//! What the function is generic over: two instances never share an entry.

use crate::cached::model::Site;
use crate::ends::Ends;
use crate::function::Function;
use crate::key::{Part, TypeName};
use crate::value::Value;
use syn::WherePredicate;
use syn::{GenericParam, Generics, Ident, LitStr, TraitBoundModifier, Type, TypeParamBound};

/// The site, and the parts of the key that stand before all others, each with
/// its separator.
///
/// A cache of the function's own is named by the instance's path, which has all
/// parameters in it, those of an `impl` around the function too. A name that the
/// user chose is the same for all instances: there the key tells them apart.
pub(super) fn identity(function: &Function, cache: Option<LitStr>) -> (Site, Vec<Part>) {
    let Some(name) = cache else {
        return (Site::Own, Vec::new());
    };
    let generics = &function.sig.generics;
    let mut types = Vec::new();
    let mut constants = Vec::new();
    for parameter in &generics.params {
        match parameter {
            GenericParam::Type(it) if may_be_unsized(&it.ident, generics) => {
                types.push(TypeName::Unsized(it.ident.clone()));
            }
            GenericParam::Type(it) => types.push(TypeName::Sized(it.ident.clone())),
            GenericParam::Const(it) => constants.push(it.ident.clone()),
            GenericParam::Lifetime(_) => {}
        }
    }
    let mut parts = Vec::new();
    if !types.is_empty() {
        parts.extend([Part::Types(types), Part::Separator]);
    }
    for root in constants {
        let blame = Ends::of(&root);
        let value = Value {
            root,
            steps: Vec::new(),
            blame,
        };
        parts.extend([Part::Value(value), Part::Separator]);
    }
    (Site::Named(name), parts)
}

/// Whether a parameter is declared `?Sized`, in its bounds or in the `where` clause.
fn may_be_unsized(parameter: &Ident, generics: &Generics) -> bool {
    let declared = generics.type_params().filter(|it| it.ident == *parameter);
    let clauses = generics.where_clause.iter().flat_map(|it| &it.predicates);
    let constrained = clauses.filter_map(|predicate| match predicate {
        WherePredicate::Type(it) if is_parameter(&it.bounded_ty, parameter) => Some(it),
        _ => None,
    });
    declared.flat_map(|it| &it.bounds).any(is_relaxed)
        || constrained.flat_map(|it| &it.bounds).any(is_relaxed)
}

fn is_parameter(ty: &Type, parameter: &Ident) -> bool {
    matches!(ty, Type::Path(path) if path.path.is_ident(parameter))
}

fn is_relaxed(bound: &TypeParamBound) -> bool {
    match bound {
        TypeParamBound::Trait(it) => matches!(it.modifier, TraitBoundModifier::Maybe(_)),
        _ => false,
    }
}
