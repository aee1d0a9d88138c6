//! What the options say of the key.

use super::arguments::{Arguments, Skip};
use super::options::text;
use crate::cached::model::{Part, Value};
use crate::cached::parse::Given;
use crate::ends::Ends;
use crate::faults::Faults;
use crate::nearest::listed;
use crate::template;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Expr, LitStr};

/// The parts of the key, from `key` or from all arguments that count.
pub(super) fn check(
    key: Given<Expr>,
    skip: &Skip,
    arguments: &Arguments<'_>,
    faults: &mut Faults,
) -> Vec<Part> {
    let key = match key {
        Given::No => return from_arguments(skip, arguments, faults),
        Given::Unreadable => return Vec::new(),
        Given::Yes(key) => key,
    };
    if let Some(text) = text(&key) {
        return from_template(&text, skip, arguments, faults);
    }
    if is_literal(&key) {
        refuse_constant(&key, skip, arguments, faults);
    }
    vec![Part::Expression(key)]
}

fn from_arguments(skip: &Skip, arguments: &Arguments<'_>, faults: &mut Faults) -> Vec<Part> {
    let function = arguments.function;
    if let Some(receiver) = arguments.receiver {
        let message = format!(
            "`{function}` has a receiver: say with `key = …` what identifies it, \
             like `key = \"{{self.id}}\"`"
        );
        faults.on(receiver, message);
        // With a key the other arguments need no names: nothing more to say.
        return Vec::new();
    }
    let mut parts = Vec::new();
    for argument in &arguments.typed {
        match &argument.name {
            Some(name) if skip.find(name).is_some() => {}
            Some(name) => {
                separate(&mut parts);
                let blame = Ends::of(&argument.source.ty);
                parts.push(Part::Value(Value {
                    root: name.clone(),
                    steps: Vec::new(),
                    blame,
                }));
            }
            None => faults.on(
                &argument.source.pat,
                "an argument without a name cannot be part of the key: give it a plain name, \
                 or say with `key = …` what the key is",
            ),
        }
    }
    if parts.is_empty() {
        parts.push(Part::Nothing);
    }
    parts
}

fn from_template(
    literal: &LitStr,
    skip: &Skip,
    arguments: &Arguments<'_>,
    faults: &mut Faults,
) -> Vec<Part> {
    let value = literal.value();
    let segments = match template::parse(&value) {
        Ok(segments) => segments,
        Err(messages) => {
            for message in messages {
                faults.on(literal, format!("`key = {value:?}` {message}"));
            }
            return Vec::new();
        }
    };
    if segments.iter().all(|segment| segment.placeholder.is_none()) {
        refuse_constant(literal, skip, arguments, faults);
    }
    let blame = Ends::of(literal);
    let mut parts = Vec::new();
    for segment in segments {
        separate(&mut parts);
        text_part(&mut parts, segment.before);
        if let Some(placeholder) = segment.placeholder {
            let Some(root) = arguments.find(&placeholder.root) else {
                faults.on(literal, arguments.unknown(&placeholder.root, "key"));
                continue;
            };
            if let Some(skipped) = skip.find(&root) {
                let message = format!("`skip` and `key` contradict: `key` uses `{skipped}`");
                faults.on(skipped, message);
            }
            let steps = placeholder.steps;
            parts.push(Part::Value(Value { root, steps, blame }));
        }
        text_part(&mut parts, segment.after);
    }
    parts
}

fn separate(parts: &mut Vec<Part>) {
    if !parts.is_empty() {
        parts.push(Part::Separator);
    }
}

fn text_part(parts: &mut Vec<Part>, text: String) {
    if !text.is_empty() {
        parts.push(Part::Text(text));
    }
}

/// A key that is the same for every call is a slip, unless no argument is left
/// that it could depend on.
fn refuse_constant(
    key: &impl ToTokens,
    skip: &Skip,
    arguments: &Arguments<'_>,
    faults: &mut Faults,
) {
    let bound = arguments.typed.iter().flat_map(|argument| &argument.binds);
    let ignored: Vec<_> = bound
        .filter(|name| skip.find(name).is_none())
        .map(IdentExt::unraw)
        .collect();
    if ignored.is_empty() || !skip.complete {
        return;
    }
    let ignored: Vec<_> = ignored.iter().map(ToString::to_string).collect();
    let message = format!(
        "the key of `{}` is the same for every call and ignores {}: use what matters in the key, \
         or write `skip({})`",
        arguments.function,
        listed(&ignored),
        ignored.join(", "),
    );
    faults.on(key, message);
}

fn is_literal(expr: &Expr) -> bool {
    match expr {
        Expr::Lit(_) => true,
        Expr::Group(group) => is_literal(&group.expr),
        Expr::Paren(paren) => is_literal(&paren.expr),
        _ => false,
    }
}
