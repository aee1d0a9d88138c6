//! Entries by the call that makes them: `find_user(id)`, `Self::find(self, id)`,
//! `self.find(id)`; and all of a function's, `find_user(*)`.

use crate::spans::shown_at;
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::{
    Error, Expr, ExprCall, ExprMethodCall, ExprPath, Ident, Path, PathArguments, Token, token,
};

/// What a call of an attributed function would be kept under.
pub(crate) struct Target {
    callee: Callee,
    /// Nothing for all of the function's entries.
    arguments: Option<Punctuated<Expr, Token![,]>>,
}

enum Callee {
    /// Its companions are within a type of its name.
    Function(Path),
    /// Its companions have its name before theirs.
    Associated(Path),
    Method(Box<Expr>, Ident, Option<TokenStream>),
}

impl Target {
    /// Reads a target, if one begins here: a path with parentheses behind it.
    ///
    /// # Errors
    ///
    /// If one begins here and cannot be read.
    pub(crate) fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let ahead = input.fork();
        if ahead.call(Path::parse_mod_style).is_ok() && ahead.peek(token::Paren) {
            let inside;
            let path = input.call(Path::parse_mod_style)?;
            syn::parenthesized!(inside in input);
            if inside.peek(Token![*]) && inside.peek2(syn::parse::End) {
                inside.parse::<Token![*]>()?;
                return Ok(Self {
                    callee: callee(path),
                    arguments: None,
                });
            }
            let arguments = Punctuated::parse_terminated(&inside)?;
            return Ok(Self {
                callee: callee(path),
                arguments: Some(arguments),
            });
        }
        let expr: Expr = input.parse()?;
        Self::of(&expr).ok_or_else(|| Error::new_spanned(&expr, FORM))
    }

    /// The target that an expression is, if it is one.
    pub(crate) fn of(expr: &Expr) -> Option<Self> {
        match expr {
            Expr::Group(group) => Self::of(&group.expr),
            Expr::Call(ExprCall { func, args, .. }) => match func.as_ref() {
                Expr::Path(ExprPath {
                    qself: None, path, ..
                }) if !is_key(path) => Some(Self {
                    callee: callee(path.clone()),
                    arguments: Some(args.clone()),
                }),
                _ => None,
            },
            Expr::MethodCall(ExprMethodCall {
                receiver,
                method,
                turbofish,
                args,
                ..
            }) if is_self(receiver) => Some(Self {
                callee: Callee::Method(
                    receiver.clone(),
                    method.clone(),
                    turbofish.as_ref().map(ToTokens::to_token_stream),
                ),
                arguments: Some(args.clone()),
            }),
            _ => None,
        }
    }

    /// Whether it names all of the function's entries.
    pub(crate) fn is_all(&self) -> bool {
        self.arguments.is_none()
    }

    /// The call of the function's companion of this name, with the target's arguments.
    pub(crate) fn emit(&self, companion: &str) -> TokenStream {
        let arguments = &self.arguments;
        match &self.callee {
            Callee::Function(path) => {
                let (path, generics) = without_generics(path);
                let companion = Ident::new(companion, place(&path));
                quote! { #path::#companion #generics (#arguments) }
            }
            Callee::Associated(path) => {
                let (mut path, generics) = without_generics(path);
                let at = place(&path);
                if let Some(last) = path.segments.last_mut() {
                    last.ident = joined(&last.ident, companion, at);
                }
                quote! { #path #generics (#arguments) }
            }
            Callee::Method(receiver, method, generics) => {
                let companion = joined(method, companion, method.span());
                quote_spanned! { method.span()=> #receiver.#companion #generics (#arguments) }
            }
        }
    }
}

impl ToTokens for Target {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match &self.callee {
            Callee::Function(path) | Callee::Associated(path) => path.to_tokens(tokens),
            Callee::Method(receiver, method, _) => {
                receiver.to_tokens(tokens);
                method.to_tokens(tokens);
            }
        }
        self.arguments.to_tokens(tokens);
    }
}

/// How a target is written.
pub(crate) const FORM: &str = "expected an attributed function with what its key is made of, \
     like `find_user(id)` or `Self::find(self, id)`";

/// The name of an associated function that is a companion: `find_invalidate`.
pub(crate) fn joined(function: &Ident, companion: &str, place: Span) -> Ident {
    use syn::ext::IdentExt;
    let companion = companion.trim_start_matches('_');
    Ident::new(&format!("{}_{companion}", function.unraw()), place)
}

/// `find_user::key`: what a target's call becomes, written by hand.
fn is_key(path: &Path) -> bool {
    path.segments.len() > 1 && path.segments.last().is_some_and(|last| last.ident == "key")
}

fn callee(path: Path) -> Callee {
    // `Self::find`, `Repo::find`: types begin with a capital letter, modules do not.
    let mut segments = path.segments.iter().rev().skip(1);
    let of_type = segments
        .next()
        .is_some_and(|segment| segment.ident.to_string().starts_with(char::is_uppercase));
    if of_type {
        Callee::Associated(path)
    } else {
        Callee::Function(path)
    }
}

fn without_generics(path: &Path) -> (Path, Option<TokenStream>) {
    let mut path = path.clone();
    let generics = path.segments.last_mut().and_then(|last| {
        match std::mem::replace(&mut last.arguments, PathArguments::None) {
            PathArguments::AngleBracketed(arguments) => {
                let mut arguments = arguments;
                arguments.colon2_token.get_or_insert_default();
                Some(arguments.to_token_stream())
            }
            _ => None,
        }
    });
    (path, generics)
}

/// Shown at the function's name, with the names of its place.
fn place(path: &Path) -> Span {
    path.segments
        .last()
        .map_or_else(Span::call_site, |last| last.ident.span())
}

fn is_self(expr: &Expr) -> bool {
    match expr {
        Expr::Path(path) => path.path.is_ident("self"),
        Expr::Group(group) => is_self(&group.expr),
        _ => false,
    }
}

/// Where a call of generated code is shown that a target's fault falls on.
pub(crate) fn shown_on(target: &Target) -> Span {
    shown_at(crate::ends::Ends::of(target).first)
}
