//! A function as an attribute gets it.

use proc_macro2::{Delimiter, Group, TokenTree};
use quote::ToTokens;
use syn::parse::{ParseStream, Parser};
use syn::{
    AngleBracketedGenericArguments, Attribute, GenericArgument, LitStr, Path, PathArguments,
    ReturnType, Signature, Token, Type, TypeParamBound, Visibility,
};

/// A function, its body left as tokens: the body is the compiler's to judge.
pub(crate) struct Function {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) sig: Signature,
    /// `#![…]` at the top of the body: they are the function's.
    pub(crate) inner_attrs: Vec<Attribute>,
    /// None for a function that a trait only declares.
    pub(crate) body: Option<Group>,
}

/// How a function comes to its result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// `async fn`
    Async,
    /// It returns a boxed future: what `#[async_trait]` makes of a method.
    Boxed,
    /// It returns `impl Future`.
    Future,
    /// It is not asynchronous.
    Sync,
}

impl Function {
    /// Reads the function under `#[attribute]`.
    ///
    /// # Errors
    ///
    /// If it is no function, or its signature cannot be read.
    pub(crate) fn read(
        attribute: &'static str,
        item: proc_macro2::TokenStream,
    ) -> syn::Result<Self> {
        (|input: ParseStream<'_>| Self::parse(attribute, input)).parse2(item)
    }

    fn parse(attribute: &'static str, input: ParseStream<'_>) -> syn::Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        if !begins_function(input) {
            // On the item's first word, be there attributes before it or not.
            return Err(input.error(format!("`#[{attribute}]` works on functions only")));
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

    /// How it comes to its result, and the result's type, if it has one.
    pub(crate) fn result(&self) -> (Manner, Option<Type>) {
        let ReturnType::Type(_, returns) = &self.sig.output else {
            let manner = match self.sig.asyncness {
                Some(_) => Manner::Async,
                None => Manner::Sync,
            };
            return (manner, None);
        };
        let whole = || Some(returns.as_ref().clone());
        if self.sig.asyncness.is_some() {
            return (Manner::Async, whole());
        }
        match future(returns) {
            Some((manner, output)) => (manner, Some(output)),
            None => (Manner::Sync, whole()),
        }
    }

    /// Whether it stands in an `impl` or a trait, as far as it can be seen from
    /// within: it has a receiver, or names `Self`.
    pub(crate) fn is_associated(&self) -> bool {
        let Self { sig, body, .. } = self;
        let body = body.as_ref().map(Group::stream).unwrap_or_default();
        sig.receiver().is_some() || names_self(sig.to_token_stream()) || names_self(body)
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

/// `Self`, but not within an item of its own, which may have another.
fn names_self(tokens: proc_macro2::TokenStream) -> bool {
    let mut in_impl = false;
    tokens.into_iter().any(|tree| match tree {
        TokenTree::Ident(name) if name == "impl" || name == "trait" => {
            in_impl = true;
            false
        }
        TokenTree::Ident(name) => name == "Self",
        TokenTree::Group(group) => {
            let is_body = in_impl && group.delimiter() == Delimiter::Brace;
            in_impl &= !is_body;
            !is_body && names_self(group.stream())
        }
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

/// The output of a type that is a future, as it is written.
fn future(ty: &Type) -> Option<(Manner, Type)> {
    match bare(ty) {
        Type::Path(path) => {
            let pinned = last_argument(&path.path, "Pin")?;
            let Type::Path(boxed) = bare(pinned) else {
                return None;
            };
            let Type::TraitObject(object) = bare(last_argument(&boxed.path, "Box")?) else {
                return None;
            };
            Some((Manner::Boxed, output(object.bounds.iter())?))
        }
        Type::ImplTrait(it) => Some((Manner::Future, output(it.bounds.iter())?)),
        _ => None,
    }
}

/// The type without the parentheses and invisible groups around it.
pub(crate) fn bare(mut ty: &Type) -> &Type {
    loop {
        ty = match ty {
            Type::Paren(inner) => &inner.elem,
            Type::Group(inner) => &inner.elem,
            _ => return ty,
        };
    }
}

/// `T` of a path that ends in `name<T>`.
pub(crate) fn last_argument<'a>(path: &'a Path, name: &str) -> Option<&'a Type> {
    let last = path.segments.last().filter(|last| last.ident == name)?;
    match arguments(&last.arguments)?.args.first()? {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    }
}

fn arguments(arguments: &PathArguments) -> Option<&AngleBracketedGenericArguments> {
    match arguments {
        PathArguments::AngleBracketed(arguments) => Some(arguments),
        _ => None,
    }
}

/// `T` of `Future<Output = T>` among bounds.
fn output<'a>(bounds: impl Iterator<Item = &'a TypeParamBound>) -> Option<Type> {
    let mut futures = bounds.filter_map(|bound| match bound {
        TypeParamBound::Trait(bound) => bound.path.segments.last(),
        _ => None,
    });
    let future = futures.find(|segment| segment.ident == "Future")?;
    let mut types = arguments(&future.arguments)?.args.iter();
    types.find_map(|argument| match argument {
        GenericArgument::AssocType(it) if it.ident == "Output" => Some(it.ty.clone()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(item: &str) -> Function {
        Function::read("cached", item.parse().unwrap()).unwrap()
    }

    #[test]
    fn the_result_is_that_of_the_future_however_it_is_written() {
        for (item, manner, output) in [
            ("async fn f() -> u8 { 1 }", Manner::Async, Some("u8")),
            ("async fn f() {}", Manner::Async, None),
            ("fn f() -> u8 { 1 }", Manner::Sync, Some("u8")),
            ("fn f() {}", Manner::Sync, None),
            (
                "fn f<'a>(&'a self) -> ::core::pin::Pin<Box<dyn ::core::future::Future<Output = u8> + Send + 'a>> {}",
                Manner::Boxed,
                Some("u8"),
            ),
            (
                "fn f() -> impl Future<Output = u8> + Send {}",
                Manner::Future,
                Some("u8"),
            ),
            (
                "fn f() -> Pin<Box<u8>> {}",
                Manner::Sync,
                Some("Pin < Box < u8 > >"),
            ),
            ("fn f() -> impl Clone {}", Manner::Sync, Some("impl Clone")),
        ] {
            let (found, ty) = read(item).result();
            assert_eq!(found, manner, "{item}");
            let ty = ty.map(|ty| ty.to_token_stream().to_string());
            assert_eq!(ty.as_deref(), output, "{item}");
        }
    }

    #[test]
    fn what_names_self_stands_in_an_impl() {
        for (item, associated) in [
            ("async fn f(id: u8) -> u8 { id }", false),
            ("async fn f(&self) -> u8 { 1 }", true),
            ("async fn f() -> Self { make() }", true),
            (
                "async fn f() -> u8 { if true { Self::g() } else { 0 } }",
                true,
            ),
            (
                "async fn f() -> u8 { impl A { fn g() -> Self { A } } 1 }",
                false,
            ),
            ("async fn f(it: impl Into<Self>) -> u8 { 1 }", true),
        ] {
            assert_eq!(read(item).is_associated(), associated, "{item}");
        }
    }
}
