//! The function's arguments by name.

use crate::attribute::Given;
use crate::faults::Faults;
use crate::nearest::{listed, suggestion};
use proc_macro2::{TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::visit_mut::{VisitMut, visit_pat_ident_mut};
use syn::{FnArg, Ident, Pat, PatIdent, PatType, Receiver, Signature};

/// All that a template may refer to.
pub(crate) struct Arguments<'a> {
    pub(crate) function: &'a Ident,
    pub(crate) receiver: Option<&'a Receiver>,
    pub(crate) typed: Vec<Argument<'a>>,
}

/// An argument other than the receiver.
pub(crate) struct Argument<'a> {
    pub(crate) source: &'a PatType,
    /// Its name; none if it is a pattern.
    pub(crate) name: Option<Ident>,
    /// What it binds: its name, or the names within its pattern.
    pub(crate) binds: Vec<Ident>,
}

/// What `skip` says.
pub(crate) struct Skip {
    names: Vec<Ident>,
    /// Whether all of it could be read.
    pub(crate) complete: bool,
}

impl Skip {
    pub(crate) fn find(&self, name: &Ident) -> Option<&Ident> {
        self.names.iter().find(|skipped| same(skipped, name))
    }
}

impl<'a> Arguments<'a> {
    pub(crate) fn of(sig: &'a Signature) -> Self {
        let typed = sig.inputs.iter().filter_map(|input| match input {
            FnArg::Typed(source) => Some(Argument::of(source)),
            FnArg::Receiver(_) => None,
        });
        Self {
            function: &sig.ident,
            receiver: sig.receiver(),
            typed: typed.collect(),
        }
    }

    /// The argument's own identifier, whose hygiene generated code needs.
    pub(crate) fn find(&self, name: &Ident) -> Option<Ident> {
        if name == "self" {
            return self
                .receiver
                .map(|receiver| Ident::from(receiver.self_token));
        }
        self.typed
            .iter()
            .flat_map(|argument| &argument.binds)
            .find(|it| same(it, name))
            .cloned()
    }

    /// The message for a name that is no argument.
    pub(crate) fn unknown(&self, name: &Ident, option: &str) -> String {
        let name = name.unraw().to_string();
        let function = self.function;
        let receiver = self
            .receiver
            .filter(|_| option != "skip")
            .map(|_| "self".to_owned());
        let bound = self.typed.iter().flat_map(|argument| &argument.binds);
        let known: Vec<_> = receiver
            .into_iter()
            .chain(bound.map(|it| it.unraw().to_string()))
            .collect();
        let suggestion = suggestion(&name, &known);
        let known = if known.is_empty() {
            "no arguments".to_owned()
        } else {
            listed(&known)
        };
        format!("unknown argument `{name}` in `{option}`{suggestion} `{function}` takes {known}")
    }

    /// The names in `skip(…)`.
    pub(crate) fn skipped(&self, skip: Given<Vec<Ident>>, faults: &mut Faults) -> Skip {
        let complete = !matches!(skip, Given::Unreadable);
        let mut names: Vec<Ident> = Vec::new();
        for name in skip.given().unwrap_or_default() {
            if name == "self" {
                let message = "`self` cannot be skipped: say with `key = …` what identifies it";
                faults.on(&name, message);
            } else if self.find(&name).is_none() {
                faults.on(&name, self.unknown(&name, "skip"));
            } else if names.iter().any(|other| same(other, &name)) {
                faults.on(&name, format!("`skip` names `{name}` twice"));
            }
            names.push(name);
        }
        Skip { names, complete }
    }
}

impl<'a> Argument<'a> {
    pub(crate) fn of(source: &'a PatType) -> Self {
        let name = match source.pat.as_ref() {
            Pat::Ident(PatIdent {
                ident,
                subpat: None,
                ..
            }) => Some(ident.clone()),
            _ => None,
        };
        let mut names = Names::default();
        names.visit_pat_mut(&mut source.pat.as_ref().clone());
        Self {
            source,
            name,
            binds: names.0,
        }
    }
}

/// Whether a name occurs, be it within a text: `format!("{name}")` uses it.
pub(crate) fn mentions(tokens: &TokenStream, name: &str) -> bool {
    tokens.clone().into_iter().any(|tree| match tree {
        TokenTree::Group(group) => mentions(&group.stream(), name),
        TokenTree::Ident(ident) => ident.unraw() == name,
        TokenTree::Literal(literal) => literal.to_string().contains(name),
        TokenTree::Punct(_) => false,
    })
}

/// `r#type` and `type` are one name.
fn same(one: &Ident, other: &Ident) -> bool {
    one.unraw() == other.unraw()
}

/// Collects what a pattern binds.
#[derive(Default)]
struct Names(Vec<Ident>);

impl VisitMut for Names {
    fn visit_pat_ident_mut(&mut self, pat: &mut PatIdent) {
        self.0.push(pat.ident.clone());
        visit_pat_ident_mut(self, pat);
    }
}
