//! Syntax: that of any derive, without options.

use proc_macro2::TokenStream;
use syn::DeriveInput;

pub(super) fn parse(item: TokenStream) -> syn::Result<DeriveInput> {
    syn::parse2(item)
}
