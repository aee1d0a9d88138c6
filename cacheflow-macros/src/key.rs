//! Keys: what templates and expressions write into them.

use crate::ends::Ends;
use crate::faults::Faults;
use crate::scope::Scope;
use crate::spans::{borrowed, shown_at};
use crate::template;
use crate::text::Names;
use crate::value::Value;
use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Expr, LitStr};

/// One thing that is written to a key.
pub(crate) enum Part {
    /// The types that the function is generic over.
    Types(Vec<TypeName>),
    Separator,
    /// Fixed text of a template.
    Text(String),
    Value(Value),
    /// As `format!` writes it.
    Formatted(Value, String),
    Expression(Expr),
    /// The newest version of these.
    Version(Vec<Value>),
    /// What tells a template, or a body, from every other: sixteen digits.
    Digest(Digest),
    /// The key of a function whose arguments do not matter.
    Nothing,
    /// Not written: replaces all that was by its hash.
    Conceal,
}

/// See [`Part::Digest`].
pub(crate) enum Digest {
    Fixed(u64),
    /// An expression of type `Template`.
    OfTemplate(Box<Expr>),
}

/// A type whose name is part of the key.
#[derive(Clone)]
pub(crate) enum TypeName {
    Sized(Ident),
    /// A parameter declared `?Sized`.
    Unsized(Ident),
}

/// The parts of a template, with separators between its segments; nothing and all
/// faults if it has any.
pub(crate) fn from_template(
    literal: &LitStr,
    option: &str,
    scope: &Scope<'_>,
    faults: &mut Faults,
) -> Option<Vec<Part>> {
    let value = literal.value();
    let segments = match template::parse(&value) {
        Ok(segments) => segments,
        Err(messages) => {
            for message in messages {
                faults.on(literal, format!("`{option} = {value:?}` {message}"));
            }
            return None;
        }
    };
    let mut parts = Vec::new();
    for segment in segments {
        separate(&mut parts);
        text_part(&mut parts, segment.before);
        if let Some(placeholder) = segment.placeholder {
            let value = scope.value(&placeholder, option, literal, faults);
            parts.extend(value.map(|value| match placeholder.spec {
                Some(spec) => Part::Formatted(value, spec),
                None => Part::Value(value),
            }));
        }
        text_part(&mut parts, segment.after);
    }
    Some(parts)
}

pub(crate) fn separate(parts: &mut Vec<Part>) {
    if !parts.is_empty() {
        parts.push(Part::Separator);
    }
}

fn text_part(parts: &mut Vec<Part>, text: String) {
    if !text.is_empty() {
        parts.push(Part::Text(text));
    }
}

impl Part {
    /// The values of arguments or the result that it writes by their name.
    pub(crate) fn values(&self) -> &[Value] {
        match self {
            Self::Value(value) | Self::Formatted(value, _) => std::slice::from_ref(value),
            Self::Version(values) => values,
            _ => &[],
        }
    }

    fn waits(&self) -> bool {
        self.values().iter().any(Value::is_of_result)
    }

    /// The statement that writes it.
    pub(crate) fn emit(&self, key: &Ident) -> TokenStream {
        let write = match self {
            Self::Types(types) => {
                let types = type_names(types);
                quote! { #key.types::<(#(#types,)*)>(); }
            }
            Self::Separator => quote! { #key.separator(); },
            Self::Text(text) => quote! { #key.literal(#text); },
            Self::Value(value) => write_key(value.blame, &value.emit(), key),
            Self::Formatted(value, spec) => {
                let place = value.emit();
                let format = LitStr::new(&format!("{{:{spec}}}"), value.blame.first);
                quote_spanned! { shown_at(value.blame.first)=>
                    #key.formatted(::core::format_args!(#format, #place));
                }
            }
            Self::Expression(expr) => write_key(Ends::of(expr), &borrowed(expr), key),
            Self::Version(values) => {
                let values = values.iter().map(Value::emit);
                quote! {
                    ::cacheflow::CacheKey::write_key(
                        &::cacheflow::Version::latest([#(#values as &dyn ::cacheflow::HasUpdatedAt),*]),
                        &mut #key,
                    );
                }
            }
            Self::Digest(Digest::Fixed(digest)) => quote! { #key.digest(#digest); },
            Self::Digest(Digest::OfTemplate(template)) => {
                let place = borrowed(template);
                quote_spanned! { shown_at(Ends::of(template).first)=>
                    #key.digest(::cacheflow::Template::digest(#place));
                }
            }
            Self::Conceal => quote! { #key.conceal(); },
            Self::Nothing => quote! { ::cacheflow::CacheKey::write_key(&(), &mut #key); },
        };
        // The argument has its name for the body, where it is unused.
        let allow = self.values().iter().any(Value::looks_unused).then(|| {
            quote! { #[allow(clippy::used_underscore_binding)] }
        });
        quote! { #allow #write }
    }
}

/// Types as the elements of a tuple.
pub(crate) fn type_names(types: &[TypeName]) -> impl Iterator<Item = TokenStream> {
    types.iter().map(|it| match it {
        TypeName::Sized(name) => quote! { #name },
        // Only the last element of a tuple can be unsized; a pointer never is.
        TypeName::Unsized(name) => quote! { *const #name },
    })
}

/// Statements that write down what is of the arguments, which the body may consume,
/// and those that write the key, when the result is there.
pub(crate) fn emit_in_two(
    parts: &[Part],
    key: &Ident,
    names: &mut Names,
) -> (TokenStream, TokenStream) {
    let (mut before, mut after) = (TokenStream::new(), TokenStream::new());
    for part in parts {
        let is_free = part.values().is_empty() && !matches!(part, Part::Expression(_));
        if is_free || part.waits() {
            after.extend(part.emit(key));
        } else {
            let name = names.next();
            let write = part.emit(&name);
            before.extend(quote! {
                let mut #name = ::cacheflow::KeyBuf::new();
                #write
            });
            after.extend(quote! { #key.append(&#name); });
        }
    }
    (before, after)
}

fn write_key(blame: Ends, value: &TokenStream, key: &Ident) -> TokenStream {
    quote_spanned! { shown_at(blame.first)=>
        ::cacheflow::CacheKey::write_key(#value, &mut #key);
    }
}
