//! Syntax: that of any derive, and `#[updated_at]`, `#[updated_at(millis)]`.

use proc_macro2::TokenStream;
use syn::punctuated::Punctuated;
use syn::{Attribute, DeriveInput, Ident, Meta, Path, Token};

pub(super) const MARK: &str = "updated_at";

pub(super) fn parse(item: TokenStream) -> syn::Result<DeriveInput> {
    syn::parse2(item)
}

/// Whether this is `#[updated_at…]`.
pub(super) fn is_mark(attribute: &Attribute) -> bool {
    attribute.path().is_ident(MARK)
}

/// What stands in the parentheses of a mark: names.
pub(super) fn units(mark: &Attribute) -> syn::Result<Vec<Ident>> {
    let list = match &mark.meta {
        Meta::Path(_) => return Ok(Vec::new()),
        Meta::List(list) => list,
        Meta::NameValue(pair) => {
            return Err(syn::Error::new_spanned(
                &pair.value,
                "a unit stands in parentheses: `#[updated_at(millis)]`",
            ));
        }
    };
    let paths = list.parse_args_with(Punctuated::<Path, Token![,]>::parse_terminated)?;
    let names = paths.iter().map(|path| path.require_ident().cloned());
    names.collect()
}
