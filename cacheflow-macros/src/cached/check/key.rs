//! What the options say of the key.

use crate::arguments::{Arguments, Skip};
use crate::attribute::Given;
use crate::ends::Ends;
use crate::faults::Faults;
use crate::function::Function;
use crate::key::{self, Digest, Part, separate};
use crate::literal::{is_literal, text};
use crate::nearest::listed;
use crate::scope::Scope;
use crate::value::Value;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Expr, Ident, LitStr};

/// What is said of the key.
pub(super) struct Said {
    pub(super) key: Given<Expr>,
    pub(super) receiver: Given<Expr>,
    pub(super) versioned: Given<Vec<Ident>>,
}

/// The parts of the key: of the receiver, then from `key` or from all arguments that
/// count, then of the versions.
pub(super) fn check(said: Said, skip: &Skip, scope: &Scope<'_>, faults: &mut Faults) -> Vec<Part> {
    let arguments = scope.arguments;
    let versions = versions(said.versioned, arguments, faults);
    let mut parts = Vec::new();
    let identified = receiver(said.receiver, arguments, &mut parts, faults);
    let key = match said.key {
        Given::No => from_arguments(skip, arguments, identified, versions.as_ref(), faults),
        Given::Unreadable => Vec::new(),
        Given::Yes(key) => from_key(&key, skip, scope, versions.is_some(), faults),
    };
    let is_more = !parts.is_empty() || versions.is_some();
    if !(is_more && matches!(key[..], [Part::Nothing])) {
        if !key.is_empty() {
            separate(&mut parts);
        }
        parts.extend(key);
    }
    if let Some(versions) = versions {
        separate(&mut parts);
        parts.push(Part::Version(versions));
    }
    parts
}

/// What tells the function's template, or its body, from all others: behind the rest of
/// the key.
pub(super) fn digest(template: Given<Expr>, function: &Function) -> [Part; 2] {
    let digest = match template.given() {
        Some(template) => Digest::OfTemplate(Box::new(template)),
        None => {
            let body = function.body.as_ref().map(ToString::to_string);
            Digest::Fixed(fnv_1a(&body.unwrap_or_default()))
        }
    };
    [Part::Separator, Part::Digest(digest)]
}

/// The hash FNV-1a of 64 bits: the same in every build, which the standard library does
/// not promise of its own.
fn fnv_1a(text: &str) -> u64 {
    const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    text.bytes().fold(BASIS, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(PRIME)
    })
}

/// Notes what identifies the receiver; whether anything does.
fn receiver(
    receiver: Given<Expr>,
    arguments: &Arguments<'_>,
    parts: &mut Vec<Part>,
    faults: &mut Faults,
) -> bool {
    let is_said = receiver.is_said();
    let Some(expr) = receiver.given() else {
        return is_said;
    };
    if arguments.receiver.is_none() {
        let function = arguments.function;
        faults.on(
            &expr,
            format!("`receiver` goes with `self`, and `{function}` has none"),
        );
    }
    if !is_word(&expr, "ignore") {
        parts.push(Part::Expression(expr));
    }
    true
}

fn is_word(expr: &Expr, word: &str) -> bool {
    match expr {
        Expr::Group(group) => is_word(&group.expr, word),
        Expr::Path(path) => path.path.is_ident(word),
        _ => false,
    }
}

/// The arguments that carry the key's version.
fn versions(
    versioned: Given<Vec<Ident>>,
    arguments: &Arguments<'_>,
    faults: &mut Faults,
) -> Option<Vec<Value>> {
    let names = versioned.given()?;
    if names.is_empty() {
        let message = "`versioned` names the arguments whose `updated_at` is the key's version";
        faults.on(arguments.function, message);
    }
    let values = names.iter().filter_map(|name| {
        let Some(root) = arguments.find(name) else {
            faults.on(name, arguments.unknown(name, "versioned"));
            return None;
        };
        Some(Value {
            root,
            steps: Vec::new(),
            blame: Ends::of(name),
        })
    });
    Some(values.collect())
}

fn from_arguments(
    skip: &Skip,
    arguments: &Arguments<'_>,
    identified: bool,
    versions: Option<&Vec<Value>>,
    faults: &mut Faults,
) -> Vec<Part> {
    let function = arguments.function;
    if let Some(receiver) = arguments.receiver.filter(|_| !identified) {
        let message = format!(
            "`{function}` has a receiver: say what identifies it with `key = …`, like \
             `key = \"{{self.id}}\"`, or with `receiver = self.id`; or `receiver = ignore`"
        );
        faults.on(receiver, message);
        // With a key the other arguments need no names: nothing more to say.
        return Vec::new();
    }
    if let Some(version) = versions.and_then(|versions| versions.first()) {
        let name = &version.root;
        let message = format!(
            "`versioned` tells versions of a row apart, and no rows: say with `key = …` which row \
             it is, like `key = \"{{{name}.id}}\"`"
        );
        faults.on(function, message);
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

fn from_key(
    key: &Expr,
    skip: &Skip,
    scope: &Scope<'_>,
    versioned: bool,
    faults: &mut Faults,
) -> Vec<Part> {
    let Some(template) = text(key) else {
        if is_literal(key) {
            refuse_constant(key, skip, scope.arguments, faults);
        }
        return vec![Part::Expression(key.clone())];
    };
    from_template(&template, skip, scope, versioned, faults)
}

fn from_template(
    literal: &LitStr,
    skip: &Skip,
    scope: &Scope<'_>,
    versioned: bool,
    faults: &mut Faults,
) -> Vec<Part> {
    let Some(parts) = key::from_template(literal, "key", scope, faults) else {
        return Vec::new();
    };
    if !literal.value().contains('{') && !versioned {
        refuse_constant(literal, skip, scope.arguments, faults);
    }
    for value in parts.iter().flat_map(Part::values) {
        if let Some(skipped) = skip.find(&value.root) {
            let message = format!("`skip` and `key` contradict: `key` uses `{skipped}`");
            faults.on(skipped, message);
        }
    }
    parts
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
