//! What stands between `{` and `}`: `user.org.id()`, `price:.2`.

use syn::Ident;
use syn::ext::IdentExt;
use syn::parse::Parser;

/// What stands between `{` and `}`. The identifiers have no span of the
/// user's yet.
pub(crate) struct Placeholder {
    pub(crate) root: Ident,
    pub(crate) steps: Vec<Step>,
    /// How the value is written, as in `format!`; by itself if nothing.
    pub(crate) spec: Option<String>,
}

/// One `.` of a placeholder, and what follows it.
#[derive(Clone)]
pub(crate) enum Step {
    Field(Ident),
    Method(Ident),
    Index(u32),
}

/// Reads a placeholder.
///
/// # Errors
///
/// What is wrong with it, as the end of a message that begins with the template.
pub(super) fn read(text: &str) -> Result<Placeholder, String> {
    let (value, spec) = match text.split_once(':') {
        Some((value, spec)) => (value, Some(spec)),
        None => (text, None),
    };
    let (root, steps) = path(value).ok_or_else(|| {
        format!(
            "has the placeholder `{{{text}}}`, which is not an argument's name, alone or \
             followed by fields and methods without arguments, as in `{{id}}`, \
             `{{user.org}}`, `{{user.id()}}` or `{{pair.0}}`"
        )
    })?;
    let fault = match spec {
        Some(spec) if spec.contains('?') => {
            "`Debug` shows values that differ as the same, and secrets as they are"
        }
        Some(spec) if !is_spec(spec) => {
            "it can be a fill and alignment, a sign, `#`, `0`, a width, a precision and one of \
             `x`, `X`, `o`, `b`, `e`, `E`, as in `{price:.2}` or `{id:08}`"
        }
        spec => {
            return Ok(Placeholder {
                root,
                steps,
                spec: spec.map(str::to_owned),
            });
        }
    };
    let spec = spec.unwrap_or_default();
    Err(format!("has the format spec `{spec}`: {fault}"))
}

/// Whether this is a format spec, as far as it needs no names and is not `Debug`.
fn is_spec(spec: &str) -> bool {
    let is_alignment = |c| matches!(c, '<' | '^' | '>');
    let mut chars = spec.chars();
    let rest = match (chars.next(), chars.next()) {
        (Some(_), Some(align)) if is_alignment(align) => chars.as_str(),
        (Some(align), _) if is_alignment(align) => &spec[1..],
        _ => spec,
    };
    let rest = rest.strip_prefix(['+', '-']).unwrap_or(rest);
    let rest = rest.strip_prefix('#').unwrap_or(rest);
    let digits = |text: &str| text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let rest = &rest[rest.len() - digits(rest)..];
    let rest = match rest.strip_prefix('.') {
        Some(precision) if digits(precision) < precision.len() => {
            &precision[precision.len() - digits(precision)..]
        }
        Some(_) => return false,
        None => rest,
    };
    !spec.is_empty() && matches!(rest, "" | "x" | "X" | "o" | "b" | "e" | "E")
}

/// `user.org.id()` and the like; nothing if it is anything else.
fn path(text: &str) -> Option<(Ident, Vec<Step>)> {
    let mut parts = text.split('.');
    let root = parts.next().filter(|name| is_word(name))?;
    // Any word: whether it is an argument, `self` or raw or not, is looked up.
    let root = Ident::parse_any.parse_str(root).ok()?;
    let steps = parts.map(step).collect::<Option<Vec<_>>>()?;
    Some((root, steps))
}

fn step(text: &str) -> Option<Step> {
    if let Some(name) = text.strip_suffix("()") {
        return identifier(name).map(Step::Method);
    }
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        let index: u32 = text.parse().ok()?;
        // `00` is a number but no field.
        return (index.to_string() == text).then_some(Step::Index(index));
    }
    identifier(text).map(Step::Field)
}

/// A field's or method's name; a keyword is none, so that `{user.await}` is refused.
fn identifier(text: &str) -> Option<Ident> {
    is_word(text).then(|| syn::parse_str(text).ok()).flatten()
}

/// Letters only: `syn` would skip blanks and comments around a name.
fn is_word(text: &str) -> bool {
    let name = text.strip_prefix("r#").unwrap_or(text);
    name.chars().all(|c| c.is_alphanumeric() || c == '_')
}
