//! What a template or an expression of an attribute can name.

use crate::arguments::{Arguments, mentions};
use crate::ends::Ends;
use crate::faults::Faults;
use crate::spans::local;
use crate::template::Placeholder;
use crate::value::Value;
use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::LitStr;
use syn::ext::IdentExt;

/// The function's arguments and, where it is known by then, its result.
pub(crate) struct Scope<'a> {
    pub(crate) arguments: &'a Arguments<'a>,
    /// Whether there is a `result`: behind the function's body.
    pub(crate) has_result: bool,
}

impl Scope<'_> {
    /// The value that a placeholder names; nothing and a fault if there is none.
    pub(crate) fn value(
        &self,
        placeholder: &Placeholder,
        option: &str,
        literal: &LitStr,
        faults: &mut Faults,
    ) -> Option<Value> {
        let Placeholder { root, steps, .. } = placeholder;
        let root = if self.has_result && root == "result" {
            Some(result())
        } else {
            self.arguments.find(root)
        };
        let Some(root) = root else {
            faults.on(literal, self.unknown(&placeholder.root, option));
            return None;
        };
        Some(Value {
            root,
            steps: steps.clone(),
            blame: Ends::of(literal),
        })
    }

    fn unknown(&self, name: &Ident, option: &str) -> String {
        let message = self.arguments.unknown(name, option);
        if self.has_result {
            format!("{message}; and there is `result`, what it gave")
        } else {
            message
        }
    }
}

impl Value {
    /// Whether it is what the function gave, or something in it.
    pub(crate) fn is_of_result(&self) -> bool {
        self.root == result()
    }
}

/// What the function gave, within generated code.
pub(crate) fn result() -> Ident {
    local("result")
}

/// Whether an expression speaks of what the function gave.
pub(crate) fn speaks_of_result(expr: &impl ToTokens) -> bool {
    mentions(&expr.to_token_stream(), "result")
}

/// Lets the user's expressions see what the function gave by the name `result`.
pub(crate) fn named_result(tokens: &TokenStream) -> TokenStream {
    // Within a text the name has no hygiene of its own.
    let outside = || Ident::new("result", proc_macro2::Span::call_site());
    let name = first_result(tokens).unwrap_or_else(outside);
    let result = result();
    quote! {
        #[allow(unused_variables)]
        let #name = #result;
    }
}

fn first_result(tokens: &TokenStream) -> Option<Ident> {
    tokens.clone().into_iter().find_map(|tree| match tree {
        TokenTree::Ident(name) if name.unraw() == "result" => Some(name),
        TokenTree::Group(group) => first_result(&group.stream()),
        _ => None,
    })
}
