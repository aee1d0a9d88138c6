//! Syntax: which options are given, and where the function's parts are.

pub(super) mod strategy;

use crate::faults::Faults;
use crate::nearest::{listed, suggestion};
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::discouraged::Speculative;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Attribute, Error, Expr, Ident, LitStr, Signature, Token, Visibility, token};

/// What the attribute said of one option.
#[derive(Default)]
pub(super) enum Given<T> {
    /// Nothing.
    #[default]
    No,
    /// Something that could not be read. The fault is noted; nobody should
    /// complain that the option is missing.
    Unreadable,
    Yes(T),
}

impl<T> Given<T> {
    /// What was said and could be read.
    pub(super) fn as_ref(&self) -> Option<&T> {
        match self {
            Self::Yes(value) => Some(value),
            Self::No | Self::Unreadable => None,
        }
    }

    /// [`Given::as_ref`] by value.
    pub(super) fn given(self) -> Option<T> {
        match self {
            Self::Yes(value) => Some(value),
            Self::No | Self::Unreadable => None,
        }
    }
}

/// The options as written, each read only as far as its syntax goes.
#[derive(Default)]
pub(super) struct Options {
    pub(super) cache: Given<Expr>,
    pub(super) flow: Given<Expr>,
    pub(super) key: Given<Expr>,
    pub(super) skip: Given<Vec<Ident>>,
    pub(super) strategy: Given<Expr>,
    pub(super) ttl: Given<Expr>,
}

/// The names of all options with an example each, sorted.
const OPTIONS: [(&str, &str); 6] = [
    ("cache", "cache = \"users\""),
    ("flow", "flow = self.flow"),
    ("key", "key = \"{id}\""),
    ("skip", "skip(pool)"),
    ("strategy", "strategy = multi_level + refresh_ahead(0.8)"),
    ("ttl", "ttl = \"90s\""),
];

/// Reads the attribute's inside. Never stops at a fault: it is noted, and the
/// reading goes on behind the next comma.
pub(super) fn options(attribute: TokenStream, faults: &mut Faults) -> Options {
    let mut options = Options::default();
    let read = |input: ParseStream<'_>| {
        while !input.is_empty() {
            // On a fork, because `syn` would report what a failed reading left
            // in a group as one more error.
            let ahead = input.fork();
            match option(&ahead, &mut options) {
                Ok(()) => input.advance_to(&ahead),
                Err(error) => {
                    faults.add(error);
                    while !input.is_empty() && !input.peek(Token![,]) {
                        input.parse::<TokenTree>()?;
                    }
                }
            }
            input.parse::<Option<Token![,]>>()?;
        }
        Ok(())
    };
    if let Err(error) = read.parse2(attribute) {
        faults.add(error);
    }
    options
}

/// One option, up to its comma or the end.
fn option(input: ParseStream<'_>, options: &mut Options) -> syn::Result<()> {
    let known = OPTIONS.map(|(name, _)| name.to_owned());
    let Ok(name) = input.call(Ident::parse_any) else {
        let message = format!("expected an option: `#[cached]` takes {}", listed(&known));
        return Err(input.error(message));
    };
    match name.to_string().as_str() {
        "cache" => value(input, &name, &mut options.cache),
        "flow" => value(input, &name, &mut options.flow),
        "key" => value(input, &name, &mut options.key),
        "skip" => names(input, &name, &mut options.skip),
        "strategy" => value(input, &name, &mut options.strategy),
        "ttl" => value(input, &name, &mut options.ttl),
        unknown => {
            let suggestion = suggestion(unknown, &known);
            let known = listed(&known);
            let message =
                format!("unknown option `{unknown}`{suggestion} `#[cached]` takes {known}");
            Err(Error::new(name.span(), message))
        }
    }?;
    if input.is_empty() || input.peek(Token![,]) {
        return Ok(());
    }
    Err(input.error(format!("expected `,` after the option `{name}`")))
}

/// `name = expression`
fn value(input: ParseStream<'_>, name: &Ident, given: &mut Given<Expr>) -> syn::Result<()> {
    once(name, given)?;
    if input.parse::<Option<Token![=]>>()?.is_none() || input.is_empty() || input.peek(Token![,]) {
        return Err(Error::new(name.span(), form(name)));
    }
    *given = Given::Yes(input.parse()?);
    Ok(())
}

/// `name(argument, argument)`
fn names(input: ParseStream<'_>, name: &Ident, given: &mut Given<Vec<Ident>>) -> syn::Result<()> {
    once(name, given)?;
    if !input.peek(token::Paren) {
        return Err(Error::new(name.span(), form(name)));
    }
    let inside;
    syn::parenthesized!(inside in input);
    let names = inside.parse_terminated(Ident::parse_any, Token![,]);
    let names = names.map_err(|error| Error::new(error.span(), form(name)))?;
    *given = Given::Yes(names.into_iter().collect());
    Ok(())
}

/// Marks an option as given, which it can be once.
fn once<T>(name: &Ident, given: &mut Given<T>) -> syn::Result<()> {
    if matches!(given, Given::No) {
        *given = Given::Unreadable;
        return Ok(());
    }
    Err(Error::new(name.span(), format!("`{name}` is given twice")))
}

/// How an option is written.
fn form(name: &Ident) -> String {
    let (_, example) = OPTIONS
        .iter()
        .find(|(option, _)| name == option)
        .unwrap_or(&OPTIONS[0]);
    format!("`{name}` is written like `{example}`")
}

/// A function, its body left as tokens: the body is the compiler's to judge.
pub(super) struct Function {
    pub(super) attrs: Vec<Attribute>,
    pub(super) vis: Visibility,
    pub(super) sig: Signature,
    /// `#![…]` at the top of the body: they are the function's.
    pub(super) inner_attrs: Vec<Attribute>,
    /// None for a function that a trait only declares.
    pub(super) body: Option<Group>,
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        if !begins_function(input) {
            // On the item's first word, be there attributes before it or not.
            return Err(input.error("`#[cached]` works on async functions only"));
        }
        let sig = input.parse()?;
        if input.parse::<Option<Token![;]>>()?.is_some() {
            return Ok(Self {
                attrs,
                vis,
                sig,
                inner_attrs: Vec::new(),
                body: None,
            });
        }
        let inside;
        let brace = syn::braced!(inside in input);
        let inner_attrs = inside.call(Attribute::parse_inner)?;
        let mut body = Group::new(Delimiter::Brace, inside.parse()?);
        body.set_span(brace.span.join());
        Ok(Self {
            attrs,
            vis,
            sig,
            inner_attrs,
            body: Some(body),
        })
    }
}

/// Whether `fn` follows, after any of the words that may stand before it.
fn begins_function(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    while !ahead.peek(Token![fn]) {
        let qualifier = ahead.peek(Token![const])
            || ahead.peek(Token![async])
            || ahead.peek(Token![unsafe])
            || ahead.peek(Token![extern])
            || ahead.peek(LitStr);
        if !qualifier || ahead.parse::<TokenTree>().is_err() {
            return false;
        }
    }
    true
}
