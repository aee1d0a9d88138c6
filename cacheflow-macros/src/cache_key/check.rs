//! From syntax to meaning; refuses unions, and variants that are written alike.

use super::model::{Field, Key, Shape, Variant};
use super::parse::{Options, of_field, of_variant};
use crate::faults::Faults;
use quote::ToTokens;
use std::collections::HashSet;
use syn::ext::IdentExt;
use syn::visit_mut::{VisitMut, visit_type_path_mut};
use syn::{Data, DeriveInput, Fields, Ident, TypePath};

pub(super) fn check(input: DeriveInput) -> syn::Result<Key> {
    let DeriveInput {
        ident: name,
        generics,
        data,
        ..
    } = input;
    let mut faults = Faults::default();
    let shape = match data {
        Data::Struct(data) => Shape::Struct(fields(data.fields, &mut faults)),
        Data::Enum(data) => {
            let variants = data.variants.into_iter().map(|variant| {
                let Options { rename, .. } = of_variant(&variant.attrs, &mut faults);
                let text = rename.unwrap_or_else(|| variant.ident.unraw().to_string());
                (variant, text)
            });
            let variants: Vec<_> = variants.collect();
            alike(&variants, &mut faults);
            let variants = variants.into_iter().map(|(variant, text)| Variant {
                name: variant.ident,
                text,
                fields: fields(variant.fields, &mut faults),
            });
            Shape::Enum(variants.collect())
        }
        Data::Union(data) => {
            let message =
                "`CacheKey` cannot be derived for a union: nobody knows which field it holds";
            faults.on(data.union_token, message);
            Shape::Struct(Vec::new())
        }
    };
    faults.into_result()?;
    let mut search = BoundSearch {
        parameters: generics.type_params().map(|it| it.ident.clone()).collect(),
        found: Vec::new(),
    };
    for field in shape.fields().filter(|field| !field.skip) {
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

fn fields(fields: Fields, faults: &mut Faults) -> Vec<Field> {
    let members: Vec<_> = fields.members().collect();
    let fields = members.into_iter().zip(fields);
    let fields = fields.map(|(member, field)| Field {
        member,
        skip: of_field(&field.attrs, faults).skip,
        ty: field.ty,
    });
    fields.collect()
}

/// Two variants that are written alike would share their entries.
fn alike(variants: &[(syn::Variant, String)], faults: &mut Faults) {
    for (position, (variant, text)) in variants.iter().enumerate() {
        let mut others = variants[..position].iter();
        if let Some((other, _)) = others.find(|(_, other)| other == text) {
            let message = format!(
                "`{}` and `{}` are both written as `{text}`, so that they would share entries",
                other.ident, variant.ident
            );
            faults.on(&variant.ident, message);
        }
    }
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
