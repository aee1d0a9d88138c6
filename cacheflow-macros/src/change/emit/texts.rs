//! Texts, in two steps: what is of the arguments alone is written down before the body,
//! which may consume them.

use crate::change::model::Texts;
use crate::key::Part;
use crate::scope::speaks_of_result;
use crate::spans::local;
use crate::text::Names;
use crate::value::Value;
use proc_macro2::{Ident, TokenStream};
use quote::quote;

/// Something that is said, before the body or behind it.
#[derive(Default)]
pub(super) struct Saying {
    /// In any case before the body.
    pub(super) before: TokenStream,
    /// Where it is all known: before the body, unless it `waits`.
    pub(super) says: TokenStream,
    pub(super) waits: bool,
}

/// Says texts with `say`, which is given what iterates over them.
pub(super) fn texts(
    texts: &Texts,
    names: &mut Names,
    say: impl Fn(TokenStream) -> TokenStream,
) -> Saying {
    match texts {
        Texts::Template(text) => {
            let (before, text) = text.emit(names);
            Saying {
                before,
                says: say(quote! { [#text] }),
                waits: texts.waits(),
            }
        }
        Texts::One(expr) => of(expr, say(quote! { [#expr] })),
        Texts::Several(expr) => of(expr, say(quote! { #expr })),
    }
}

/// What is said of an expression.
pub(super) fn of(expr: &syn::Expr, says: TokenStream) -> Saying {
    Saying {
        before: TokenStream::new(),
        says: super::seeing_result(expr, &says),
        waits: speaks_of_result(expr),
    }
}

impl Texts {
    pub(super) fn waits(&self) -> bool {
        match self {
            Self::Template(text) => text.speaks_of_result(),
            Self::One(expr) | Self::Several(expr) => speaks_of_result(expr),
        }
    }
}

/// Whether some of a key's parts are known only from the result.
pub(super) fn waits(parts: &[Part]) -> bool {
    let mut values = parts.iter().flat_map(Part::values);
    values.any(Value::is_of_result)
}

/// A pattern: fixed text as it is, and what stands for a value so that it matches that
/// alone, in the way in which keys write it.
pub(super) fn pattern(parts: &[Part], names: &mut Names) -> (TokenStream, TokenStream) {
    let waits = waits(parts);
    let (mut before, mut after) = (TokenStream::new(), TokenStream::new());
    let pattern = local("pattern");
    for part in parts {
        let Part::Text(text) = part else {
            let (write, text) = exactly(part, names);
            if waits && !part.values().iter().any(Value::is_of_result) {
                before.extend(write);
            } else {
                after.extend(write);
            }
            after.extend(quote! { #pattern.push_str(&#text); });
            continue;
        };
        after.extend(quote! { #pattern.push_str(#text); });
    }
    let whole = quote! {{
        let mut #pattern = ::std::string::String::new();
        #after
        #pattern
    }};
    (before, whole)
}

/// The statements that write a part, and the name of what is written.
fn exactly(part: &Part, names: &mut Names) -> (TokenStream, Ident) {
    let (key, text) = (local("part"), names.next());
    let write = part.emit(&key);
    let statement = quote! {
        let #text = {
            let mut #key = ::cacheflow::KeyBuf::new();
            #write
            ::cacheflow::private::exactly(&#key)
        };
    };
    (statement, text)
}
