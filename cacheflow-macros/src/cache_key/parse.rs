//! Syntax: that of any derive, with `#[key(…)]` on fields and variants.

use crate::faults::Faults;
use crate::nearest::suggestion;
use crate::template;
use proc_macro2::TokenStream;
use syn::meta::ParseNestedMeta;
use syn::{Attribute, DeriveInput, LitStr};

pub(super) fn parse(item: TokenStream) -> syn::Result<DeriveInput> {
    syn::parse2(item)
}

/// What `#[key(…)]` says of a field or a variant.
#[derive(Default)]
pub(super) struct Options {
    pub(super) skip: bool,
    pub(super) rename: Option<String>,
}

/// Those of a field.
pub(super) fn of_field(attrs: &[Attribute], faults: &mut Faults) -> Options {
    read(attrs, faults, |meta, options| {
        if meta.path.is_ident("skip") {
            options.skip = true;
            return Ok(());
        }
        if meta.path.is_ident("rename") {
            return Err(
                meta.error("fields are written without their names: `rename` is for variants")
            );
        }
        Err(unknown(meta, "skip", "a field"))
    })
}

/// Those of a variant.
pub(super) fn of_variant(attrs: &[Attribute], faults: &mut Faults) -> Options {
    read(attrs, faults, |meta, options| {
        if meta.path.is_ident("skip") {
            return Err(meta
                .error("a variant tells keys apart and cannot be skipped: `skip` is for fields"));
        }
        if !meta.path.is_ident("rename") {
            return Err(unknown(meta, "rename", "a variant"));
        }
        let text: LitStr = meta.value()?.parse()?;
        let value = text.value();
        if value.is_empty() || !value.chars().all(template::plain) {
            let plain = template::PLAIN;
            let message = format!("`rename = {value:?}` can be {plain}");
            return Err(syn::Error::new(text.span(), message));
        }
        options.rename = Some(value);
        Ok(())
    })
}

fn read(
    attrs: &[Attribute],
    faults: &mut Faults,
    option: impl Fn(&ParseNestedMeta<'_>, &mut Options) -> syn::Result<()>,
) -> Options {
    let mut options = Options::default();
    for attribute in attrs.iter().filter(|it| it.path().is_ident("key")) {
        let read = attribute.parse_nested_meta(|meta| option(&meta, &mut options));
        if let Err(error) = read {
            faults.add(error);
        }
    }
    options
}

fn unknown(meta: &ParseNestedMeta<'_>, known: &str, whose: &str) -> syn::Error {
    let name = meta.path.get_ident().map(ToString::to_string);
    let name = name.unwrap_or_default();
    let suggestion = suggestion(&name, &[known.to_owned()]);
    meta.error(format!(
        "unknown option `{name}`{suggestion} `#[key]` of {whose} takes `{known}`"
    ))
}
