//! Lists of texts and keys.

use crate::change::model::{Name, Texts};
use crate::faults::Faults;
use crate::key::Part;
use crate::literal::{is_literal, is_pattern, text};
use crate::say::{elements, full_key, is_list};
use crate::scope::Scope;
use crate::template::{self, Piece};
use crate::text::Text;
use crate::{cache_name, key};
use syn::{Expr, LitStr};

/// Templates and expressions of a list; `what` says what one of them is.
pub(super) fn texts(
    option: &str,
    list: &Expr,
    what: &str,
    scope: &Scope<'_>,
    faults: &mut Faults,
) -> Vec<Texts> {
    let mut texts = Vec::new();
    for element in elements(list) {
        if let Some(literal) = text(element) {
            let template = Text::read(&literal, option, scope, faults);
            texts.extend(template.map(Texts::Template));
        } else if is_literal(element) {
            faults.on(element, what);
        } else {
            texts.push(Texts::One(element.clone()));
        }
    }
    if !is_list(list) {
        texts.push(Texts::Several(list.clone()));
    }
    texts
}

/// What `key` or an element of `keys` names.
pub(super) fn key(
    option: &str,
    expr: &Expr,
    scope: &Scope<'_>,
    faults: &mut Faults,
) -> Option<Name> {
    if let Some(literal) = text(expr) {
        let (cache, parts) = named(option, &literal, scope, faults)?;
        return Some(Name::Key(cache, parts));
    }
    if is_literal(expr) {
        let message = format!("`{option}` names entries, like `\"users:{{id}}\"`");
        faults.on(expr, message);
        return None;
    }
    Some(Name::KeyOf(expr.clone()))
}

/// A cache, and a key in it.
pub(super) fn named(
    option: &str,
    literal: &LitStr,
    scope: &Scope<'_>,
    faults: &mut Faults,
) -> Option<(String, Vec<Part>)> {
    let (cache, parts) = full_key(literal, option, scope, faults)?;
    cache_name::check(&cache, literal, option, faults);
    Some((cache, parts))
}

/// A pattern whose placeholders match what they stand for, and nothing else.
pub(super) fn pattern(
    option: &str,
    literal: &LitStr,
    scope: &Scope<'_>,
    faults: &mut Faults,
) -> Option<Vec<Part>> {
    let text = literal.value();
    let pieces = match template::pieces(&text) {
        Ok(pieces) => pieces,
        Err(messages) => {
            for message in messages {
                faults.on(literal, format!("`{option}` has {text:?}, which {message}"));
            }
            return None;
        }
    };
    let parts = pieces.into_iter().map(|piece| match piece {
        Piece::Text(text) => {
            if !is_pattern(&text) {
                let message =
                    format!("`{option}` has {text:?}: allowed behind a `\\` are `*`, `?` and `\\`");
                faults.on(literal, message);
            }
            Some(Part::Text(text))
        }
        Piece::Place(place) => {
            let value = scope.value(&place, option, literal, faults)?;
            Some(match place.spec {
                Some(spec) => key::Part::Formatted(value, spec),
                None => Part::Value(value),
            })
        }
    });
    // All of them, for all faults.
    let parts: Vec<_> = parts.collect();
    parts.into_iter().collect()
}
