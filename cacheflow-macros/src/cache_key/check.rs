//! From syntax to meaning; refuses unions.

use super::model::{Field, Key, Shape, Variant};
use quote::ToTokens;
use std::collections::HashSet;
use syn::visit_mut::{VisitMut, visit_type_path_mut};
use syn::{Data, DeriveInput, Error, Fields, Ident, TypePath};

pub(super) fn check(input: DeriveInput) -> syn::Result<Key> {
    let DeriveInput {
        ident: name,
        generics,
        data,
        ..
    } = input;
    let shape = match data {
        Data::Struct(data) => Shape::Struct(fields(data.fields)),
        Data::Enum(data) => {
            let variants = data.variants.into_iter();
            Shape::Enum(
                variants
                    .map(|variant| Variant {
                        name: variant.ident,
                        fields: fields(variant.fields),
                    })
                    .collect(),
            )
        }
        Data::Union(data) => {
            return Err(Error::new(
                data.union_token.span,
                "`CacheKey` cannot be derived for a union: nobody knows which field it holds",
            ));
        }
    };
    let mut search = BoundSearch {
        parameters: generics.type_params().map(|it| it.ident.clone()).collect(),
        found: Vec::new(),
    };
    for field in shape.fields() {
        search.visit_type_mut(&mut field.ty.clone());
    }
    Ok(Key {
        name,
        generics,
        bounds: search.found,
        shape,
    })
}

impl Shape {
    fn fields(&self) -> impl Iterator<Item = &Field> {
        let (fields, variants) = match self {
            Self::Struct(fields) => (fields.as_slice(), [].as_slice()),
            Self::Enum(variants) => ([].as_slice(), variants.as_slice()),
        };
        fields
            .iter()
            .chain(variants.iter().flat_map(|variant| &variant.fields))
    }
}

fn fields(fields: Fields) -> Vec<Field> {
    let members: Vec<_> = fields.members().collect();
    let types = fields.into_iter().map(|field| field.ty);
    members
        .into_iter()
        .zip(types)
        .map(|(member, ty)| Field { member, ty })
        .collect()
}

/// Finds the type parameters that fields are made of.
///
/// Not the fields' whole types, as bounds: a private one would leak, and a
/// recursive one would never end.
struct BoundSearch {
    parameters: HashSet<Ident>,
    found: Vec<TypePath>,
}

impl VisitMut for BoundSearch {
    fn visit_type_path_mut(&mut self, ty: &mut TypePath) {
        let first = ty.path.segments.first();
        let of_parameter = ty.qself.is_none()
            && ty.path.leading_colon.is_none()
            && first.is_some_and(|first| self.parameters.contains(&first.ident));
        if of_parameter && !self.found.iter().any(|found| same(found, ty)) {
            self.found.push(ty.clone());
        }
        visit_type_path_mut(self, ty);
    }
}

fn same(one: &TypePath, other: &TypePath) -> bool {
    one.to_token_stream().to_string() == other.to_token_stream().to_string()
}
