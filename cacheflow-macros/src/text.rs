//! Texts that are made of templates, such as tags.

use crate::faults::Faults;
use crate::scope::Scope;
use crate::template::{self, Piece as Written};
use crate::value::Value;
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::LitStr;

/// `org:{result.org_id}`
pub(crate) struct Text {
    literal: LitStr,
    pieces: Vec<Piece>,
}

enum Piece {
    Fixed(String),
    Value { value: Value, spec: Option<String> },
}

impl Text {
    /// Reads a template of `option`; nothing and all faults if it has any.
    pub(crate) fn read(
        literal: &LitStr,
        option: &str,
        scope: &Scope<'_>,
        faults: &mut Faults,
    ) -> Option<Self> {
        let text = literal.value();
        let written = match template::pieces(&text) {
            Ok(pieces) => pieces,
            Err(messages) => {
                for message in messages {
                    faults.on(literal, format!("`{option}` has {text:?}, which {message}"));
                }
                return None;
            }
        };
        let pieces = written.into_iter().map(|piece| match piece {
            Written::Text(text) => Some(Piece::Fixed(text)),
            Written::Place(place) => Some(Piece::Value {
                value: scope.value(&place, option, literal, faults)?,
                spec: place.spec,
            }),
        });
        // All of them, for all faults.
        let pieces: Vec<_> = pieces.collect();
        Some(Self {
            literal: literal.clone(),
            pieces: pieces.into_iter().collect::<Option<_>>()?,
        })
    }

    /// Whether something in it is known only when the function has given its result.
    pub(crate) fn speaks_of_result(&self) -> bool {
        self.pieces.iter().any(|piece| match piece {
            Piece::Fixed(_) => false,
            Piece::Value { value, .. } => value.is_of_result(),
        })
    }

    /// Statements that write down what is of the arguments, which the body may
    /// consume, and the `String`, to be made when they and the result are there.
    pub(crate) fn emit(&self, names: &mut Names) -> (TokenStream, TokenStream) {
        let waits = self.speaks_of_result();
        let (mut before, mut format, mut values) = (TokenStream::new(), String::new(), Vec::new());
        for piece in &self.pieces {
            match piece {
                Piece::Fixed(text) => {
                    format.push_str(&text.replace('{', "{{").replace('}', "}}"));
                }
                Piece::Value { value, spec } if waits && !value.is_of_result() => {
                    let name = names.next();
                    let spec = self.spec(spec.as_deref());
                    let place = value.emit();
                    before.extend(quote! { let #name = ::std::format!(#spec, #place); });
                    format.push_str("{}");
                    values.push(quote! { #name });
                }
                Piece::Value { value, spec } => {
                    format.push_str(&self.spec(spec.as_deref()).value());
                    values.push(value.emit());
                }
            }
        }
        let format = LitStr::new(&format, self.literal.span());
        (before, quote! { ::std::format!(#format, #(#values),*) })
    }

    fn spec(&self, spec: Option<&str>) -> LitStr {
        let text = spec.map_or_else(|| "{}".to_owned(), |spec| format!("{{:{spec}}}"));
        LitStr::new(&text, self.literal.span())
    }
}

/// Names for what is written down before a body runs.
#[derive(Default)]
pub(crate) struct Names(usize);

impl Names {
    pub(crate) fn next(&mut self) -> Ident {
        self.0 += 1;
        crate::spans::local(&format!("before_{}", self.0))
    }
}
