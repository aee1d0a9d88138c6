//! An argument or something in it, as a template names it.

use crate::ends::Ends;
use crate::template::Step;
use proc_macro2::{Ident, TokenStream};
use quote::quote_spanned;
use syn::Index;

/// `user.org.id()`
#[derive(Clone)]
pub(crate) struct Value {
    /// With the hygiene of the argument; its place is of no account.
    pub(crate) root: Ident,
    pub(crate) steps: Vec<Step>,
    /// Where it is reported that the value cannot be used so.
    pub(crate) blame: Ends,
}

impl Value {
    /// `&user.org.id()`, from the first to the last token to blame.
    pub(crate) fn emit(&self) -> TokenStream {
        let Self { root, steps, blame } = self;
        // The user's variable is found by the hygiene of its declaration.
        let Ends { first, last } = blame.resolved_at(root.span());
        let located = |name: &Ident| {
            let mut name = name.clone();
            name.set_span(last);
            name
        };
        let root = located(root);
        let steps = steps.iter().map(|step| match step {
            Step::Field(name) => {
                let name = located(name);
                quote_spanned! { last=> .#name }
            }
            Step::Method(name) => {
                let name = located(name);
                quote_spanned! { last=> .#name() }
            }
            Step::Index(index) => {
                let index = Index {
                    index: *index,
                    span: last,
                };
                quote_spanned! { last=> .#index }
            }
        });
        quote_spanned! { first=> &#root #(#steps)* }
    }

    /// Whether it is an argument that its name declares unused, and the attribute
    /// uses all the same.
    pub(crate) fn looks_unused(&self) -> bool {
        self.root.to_string().starts_with('_')
    }
}
