//! A body that goes on without its call: it owns copies of what it was lent.
//!
//! The copies are made when a load begins, so that a hit makes none. Within the
//! body each argument is a reference again, to its copy. No type is named: what
//! the compiler infers has the lifetime that is needed, and `impl Trait` has no
//! name at all.

use super::signature::Signatures;
use super::site::turbofish;
use crate::cached::model::{Cached, Lent, Strategy};
use crate::spans::shown_at;
use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::parse::Parser;
use syn::visit_mut::{VisitMut, visit_expr_path_mut};
use syn::{Block, ExprPath, Item, Macro};

/// The parts of a load.
pub(super) struct Loading {
    /// Makes the copies, when the load begins.
    pub(super) before: TokenStream,
    /// The body's result, or its future.
    pub(super) run: TokenStream,
}

/// A body that is left where it was; `run` makes the future of what gives the
/// arguments' names to the copies, and the body.
pub(super) fn emit_body(
    cached: &Cached,
    body: Option<Group>,
    run: impl Fn(TokenStream, Option<Group>) -> TokenStream,
) -> Loading {
    let (mut before, mut inside, mut body) = (TokenStream::new(), TokenStream::new(), body);
    for (position, Lent { name, mutable }) in lent(cached).iter().enumerate() {
        before.extend(copied(position, name));
        let bound = if name == "self" {
            body = body.map(renamed);
            this(Span::mixed_site())
        } else {
            name.clone()
        };
        let lent = emit_lent(position, name);
        inside.extend(quote! {
            #[allow(unused_variables)]
            let #mutable #bound = #lent;
        });
    }
    Loading {
        before,
        run: run(inside, body),
    }
}

/// A body that is another function's.
pub(super) fn emit_call(cached: &Cached, signatures: &Signatures<'_>, awaits: bool) -> Loading {
    let function = signatures.path(signatures.body());
    let generics = turbofish(&cached.function.sig.generics);
    let lent = lent(cached);
    let mut before = TokenStream::new();
    let mut arguments = Vec::new();
    for (_, name) in signatures.taken_by_body() {
        let position = lent.iter().position(|it| it.name == *name);
        arguments.push(match position {
            Some(position) => {
                before.extend(copied(position, name));
                emit_lent(position, name)
            }
            None => quote! { #name },
        });
    }
    let call = quote! { #function #generics (#(#arguments),*) };
    let returns = &cached.returns;
    let run = if before.is_empty() || !awaits {
        call
    } else {
        quote! { ::cacheflow::private::returning::<#returns, _>(async move { #call.await }) }
    };
    Loading { before, run }
}

/// All at one place and marked as generated, under a generated name: a fault there is
/// then told once, and without advice on what to write.
fn copied(position: usize, name: &Ident) -> TokenStream {
    let place = shown_at(name.span());
    let copy = copy(position, place);
    quote_spanned! { place=>
        let #copy = #name;
        let #copy = ::cacheflow::private::copied(#copy);
    }
}

fn emit_lent(position: usize, name: &Ident) -> TokenStream {
    let place = shown_at(name.span());
    let copy = copy(position, place);
    quote_spanned! { place=> ::cacheflow::private::Lend::lend(&#copy) }
}

fn copy(position: usize, place: Span) -> Ident {
    Ident::new(&format!("__cacheflow_copy_{position}"), place)
}

fn lent(cached: &Cached) -> &[Lent] {
    let strategy: Option<&Strategy> = cached.keeping.strategy.as_ref();
    strategy
        .and_then(|strategy| strategy.background.as_deref())
        .unwrap_or_default()
}
/// What `self` is within the body: that name cannot be given anew.
fn this(place: Span) -> Ident {
    Ident::new("__cacheflow_self", shown_at(place))
}

/// The body with another name for `self`; as it is if it cannot be read, for the
/// compiler to judge.
fn renamed(body: Group) -> Group {
    let Ok(statements) = Block::parse_within.parse2(body.stream()) else {
        return body;
    };
    let mut statements = statements;
    for statement in &mut statements {
        Renamed.visit_stmt_mut(statement);
    }
    let mut renamed = Group::new(body.delimiter(), quote! { #(#statements)* });
    renamed.set_span(body.span());
    renamed
}

struct Renamed;

impl VisitMut for Renamed {
    fn visit_expr_path_mut(&mut self, path: &mut ExprPath) {
        if path.qself.is_none() && path.path.is_ident("self") {
            let name = &mut path.path.segments[0].ident;
            *name = this(name.span());
        }
        visit_expr_path_mut(self, path);
    }

    fn visit_macro_mut(&mut self, mac: &mut Macro) {
        mac.tokens = in_tokens(std::mem::take(&mut mac.tokens));
    }

    /// An item has a `self` of its own, or none.
    fn visit_item_mut(&mut self, _: &mut Item) {}
}

/// The same where syntax is not known: `self`, unless a path begins with it.
fn in_tokens(tokens: TokenStream) -> TokenStream {
    let mut tokens = tokens.into_iter().peekable();
    let mut renamed = TokenStream::new();
    while let Some(tree) = tokens.next() {
        let path = matches!(tokens.peek(), Some(TokenTree::Punct(next)) if next.as_char() == ':');
        renamed.extend([match tree {
            TokenTree::Ident(name) if name == "self" && !path => this(name.span()).into(),
            TokenTree::Group(group) => {
                let mut inside = Group::new(group.delimiter(), in_tokens(group.stream()));
                inside.set_span(group.span());
                inside.into()
            }
            other => other,
        }]);
    }
    renamed
}
