//! What a function's attribute says of the value that it gives: its tags, what it
//! depends on, how long and whether it is kept.

use crate::attribute::Given;
use crate::faults::Faults;
use crate::key::{self, Part};
use crate::literal;
use crate::scope::{Scope, named_result, result, speaks_of_result};
use crate::spans::{local, shown_at};
use crate::target::Target;
use crate::template;
use crate::text::{Names, Text};
use crate::{ends::Ends, literal::is_literal};
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Expr, LitStr};

/// All that is said.
#[derive(Default)]
pub(crate) struct Said {
    says: Vec<Say>,
}

enum Say {
    Tag(Text),
    /// What becomes a `String`.
    TagOf(Expr),
    /// Several of them.
    Tags(Expr),
    /// A full key: the name of a cache, and the rest.
    DependsOnKey(String, Vec<Part>),
    DependsOnTarget(Target),
    /// A `FullKey`.
    DependsOnOf(Expr),
    /// Several of them.
    DependsOn(Expr),
    /// A function of the value.
    TtlFrom(Expr),
    Unless(Expr),
}

impl Said {
    pub(crate) fn tags(&mut self, tags: Given<Expr>, scope: &Scope<'_>, faults: &mut Faults) {
        let Some(tags) = tags.given() else { return };
        for element in elements(&tags) {
            if let Some(text) = literal::text(element) {
                self.says.extend(tag(&text, scope, faults).map(Say::Tag));
            } else if is_literal(element) {
                faults.on(element, "a tag is a text, like `\"org:{result.org_id}\"`");
            } else {
                self.says.push(Say::TagOf(element.clone()));
            }
        }
        if !is_list(&tags) {
            self.says.push(Say::Tags(tags));
        }
    }

    pub(crate) fn depends_on(&mut self, keys: Given<Expr>, scope: &Scope<'_>, faults: &mut Faults) {
        let Some(keys) = keys.given() else { return };
        for element in elements(&keys) {
            if let Some(text) = literal::text(element) {
                let key = full_key(&text, "depends_on", scope, faults);
                self.says
                    .extend(key.map(|(cache, parts)| Say::DependsOnKey(cache, parts)));
            } else if let Some(target) = Target::of(element) {
                self.says.push(Say::DependsOnTarget(target));
            } else if is_literal(element) {
                faults.on(
                    element,
                    "`depends_on` names entries, like `\"users:{id}\"` or `find_user(id)`",
                );
            } else {
                self.says.push(Say::DependsOnOf(element.clone()));
            }
        }
        if !is_list(&keys) {
            self.says.push(Say::DependsOn(keys));
        }
    }

    pub(crate) fn ttl_from(&mut self, ttl: Given<Expr>) {
        self.says.extend(ttl.given().map(Say::TtlFrom));
    }

    pub(crate) fn unless(&mut self, unless: Given<Expr>) {
        self.says.extend(unless.given().map(Say::Unless));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.says.is_empty()
    }

    /// Whether some of it is known only when the function has given its result.
    pub(crate) fn waits(&self) -> bool {
        self.says.iter().any(Say::waits)
    }

    /// What is said before the body runs, which may consume the arguments, and what
    /// is said behind it, where the result is there.
    pub(crate) fn emit(&self, context: &Ident) -> (TokenStream, TokenStream) {
        let mut names = Names::default();
        let (mut before, mut after) = (TokenStream::new(), TokenStream::new());
        for say in &self.says {
            let (first, then) = say.emit(context, &mut names);
            before.extend(first);
            if say.waits() {
                after.extend(then);
            } else {
                before.extend(then);
            }
        }
        (before, after)
    }
}

impl Say {
    fn waits(&self) -> bool {
        match self {
            Self::Tag(text) => text.speaks_of_result(),
            Self::DependsOnKey(_, parts) => {
                let mut values = parts.iter().flat_map(Part::values);
                values.any(crate::value::Value::is_of_result)
            }
            Self::DependsOnTarget(target) => speaks_of_result(target),
            Self::TagOf(expr)
            | Self::Tags(expr)
            | Self::DependsOnOf(expr)
            | Self::DependsOn(expr) => speaks_of_result(expr),
            Self::TtlFrom(_) | Self::Unless(_) => true,
        }
    }

    fn emit(&self, context: &Ident, names: &mut Names) -> (TokenStream, TokenStream) {
        let nothing = TokenStream::new();
        match self {
            Self::Tag(text) => {
                let (before, text) = text.emit(names);
                (before, quote! { #context.tags([#text]); })
            }
            Self::TagOf(expr) => (nothing, self.with(expr, quote! { #context.tags([#expr]); })),
            Self::Tags(expr) => (nothing, self.with(expr, quote! { #context.tags(#expr); })),
            Self::DependsOnKey(cache, parts) => {
                let key = local("full_key");
                let (before, write) = key::emit_in_two(parts, &key, names);
                let after = quote! {{
                    let mut #key = ::cacheflow::KeyBuf::new();
                    #write
                    #context.depends_on(::cacheflow::private::full_key(#cache, &#key));
                }};
                (before, after)
            }
            Self::DependsOnTarget(target) => {
                let key = target.emit("key");
                let say = quote! { #context.depends_on([#key]); };
                (nothing, self.with(target, say))
            }
            Self::DependsOnOf(expr) => (
                nothing,
                self.with(expr, quote! { #context.depends_on([#expr]); }),
            ),
            Self::DependsOn(expr) => (
                nothing,
                self.with(expr, quote! { #context.depends_on(#expr); }),
            ),
            Self::TtlFrom(function) => {
                let value = result();
                let place = shown_at(Ends::of(function).first);
                let told = quote_spanned! { place=>
                    ::cacheflow::private::lifetime(#function, #value)
                };
                let ttl = local("ttl");
                let say = quote! {
                    if let ::core::option::Option::Some(#ttl) = #told {
                        #context.ttl(#ttl);
                    }
                };
                (nothing, say)
            }
            Self::Unless(condition) => {
                let say = quote! { if #condition { #context.skip(); } };
                (nothing, self.with(condition, say))
            }
        }
    }

    /// The statement in a block of its own, with `result` in it if that is spoken of.
    fn with(&self, expr: &impl ToTokens, say: TokenStream) -> TokenStream {
        if self.waits() {
            let named = named_result(&expr.to_token_stream());
            quote! {{ #named #say }}
        } else {
            say
        }
    }
}

/// A tag's template.
pub(crate) fn tag(text: &LitStr, scope: &Scope<'_>, faults: &mut Faults) -> Option<Text> {
    Text::read(text, "tags", scope, faults)
}

/// A template `users:{id}`: the cache's name, and the parts of the key behind it.
pub(crate) fn full_key(
    text: &LitStr,
    option: &str,
    scope: &Scope<'_>,
    faults: &mut Faults,
) -> Option<(String, Vec<Part>)> {
    let value = text.value();
    let (cache, key) = value.split_once(':').unwrap_or((&value, ""));
    let is_name = !cache.is_empty() && cache.chars().all(template::plain);
    if !is_name || key.is_empty() {
        let message = format!(
            "`{option}` has {value:?}: expected the name of a cache, `:` and a key, \
             as in `\"users:{{id}}\"`"
        );
        faults.on(text, message);
        return None;
    }
    let key = LitStr::new(key, text.span());
    let parts = key::from_template(&key, option, scope, faults)?;
    Some((cache.to_owned(), parts))
}

/// Whether all that an expression lists stands in it.
pub(crate) fn is_list(expr: &Expr) -> bool {
    match expr {
        Expr::Group(group) => is_list(&group.expr),
        Expr::Array(_) => true,
        expr => literal::is_literal(expr),
    }
}

/// The elements of a list, or the one literal that stands in place of a list.
pub(crate) fn elements(expr: &Expr) -> Vec<&Expr> {
    match expr {
        Expr::Group(group) => elements(&group.expr),
        Expr::Array(array) => array.elems.iter().collect(),
        expr if literal::is_literal(expr) => vec![expr],
        _ => Vec::new(),
    }
}
