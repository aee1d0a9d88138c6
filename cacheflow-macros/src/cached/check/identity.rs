//! What the function is generic over: two instances never share an entry.

use crate::cached::model::{Part, Site, TypeName, Value};
use crate::cached::parse::Function;
use crate::ends::Ends;
use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::visit_mut::{VisitMut, visit_path_mut};
use syn::{Attribute, Block, Expr, GenericParam, Generics, Ident, Item, LitStr, Macro, Path};
use syn::{TraitBoundModifier, Type, TypeParamBound, WherePredicate};

/// The site, and the parts of the key that stand before all others, each with
/// its separator. `said` are the expressions in the options.
pub(super) fn identity(
    function: &Function,
    cache: Option<LitStr>,
    said: &[&Expr],
) -> (Site, Vec<Part>) {
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
    // The function's path says which type it belongs to, but not what that type
    // is generic over. A name that the user chose is final.
    if cache.is_none() && names_its_type(function, said) {
        types.push(TypeName::Receiver);
    }
    let site = match cache {
        Some(name) => Site::Named(name),
        None => Site::Own {
            generic: !types.is_empty(),
        },
    };
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
    (site, parts)
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

/// Whether `Self` means something where the function stands. The attribute
/// does not see the `impl` around the function; a receiver or the use of
/// `Self` tells of it. What tells nothing is taken for a free function.
fn names_its_type(function: &Function, said: &[&Expr]) -> bool {
    if function.sig.receiver().is_some()
        || has_self(function.sig.to_token_stream())
        || said.iter().any(|expr| has_self(expr.to_token_stream()))
    {
        return true;
    }
    let Some(body) = &function.body else {
        return false;
    };
    // The word alone could stand in an item or a macro call within the body;
    // most bodies do not have it and need no parsing.
    has_self(body.stream())
        && syn::parse2::<Block>(body.to_token_stream()).is_ok_and(|mut block| {
            let mut search = SelfSearch { found: false };
            search.visit_block_mut(&mut block);
            search.found
        })
}

fn has_self(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|tree| match tree {
        TokenTree::Ident(ident) => ident == "Self",
        TokenTree::Group(group) => has_self(group.stream()),
        _ => false,
    })
}

/// Looks for a path that begins with the `Self` of the function itself.
struct SelfSearch {
    found: bool,
}

impl VisitMut for SelfSearch {
    fn visit_path_mut(&mut self, path: &mut Path) {
        self.found |= path
            .segments
            .first()
            .is_some_and(|first| first.ident == "Self");
        visit_path_mut(self, path);
    }

    fn visit_item_mut(&mut self, _: &mut Item) {}
    fn visit_macro_mut(&mut self, _: &mut Macro) {}
    fn visit_attribute_mut(&mut self, _: &mut Attribute) {}
}
