//! Syntax: which options and entries are given.

use super::Kind;
use crate::attribute::{Given, Known, is_end};
use crate::faults::Faults;
use crate::target::Target;
use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Error, Expr, Ident, Token, token};

/// The options as written, each read only as far as its syntax goes: those of all three
/// attributes, of which each takes some.
#[derive(Default)]
pub(super) struct Options {
    pub(super) aims: Vec<Aim>,
    /// One of them could not be read.
    pub(super) aims_incomplete: bool,
    pub(super) all: Given<bool>,
    pub(super) before: Given<bool>,
    pub(super) cache: Given<Expr>,
    pub(super) entity: Given<Expr>,
    pub(super) flow: Given<Expr>,
    pub(super) key: Given<Expr>,
    pub(super) keys: Given<Expr>,
    pub(super) local_only: Given<bool>,
    pub(super) on_err: Given<bool>,
    pub(super) parent: Given<Expr>,
    pub(super) parents: Given<Expr>,
    pub(super) pattern: Given<Expr>,
    pub(super) patterns: Given<Expr>,
    pub(super) tags: Given<Expr>,
    pub(super) ttl: Given<Expr>,
    pub(super) unless: Given<Expr>,
    pub(super) when: Given<Expr>,
}

/// `find_user(id) if condition`
pub(super) struct Aim {
    pub(super) target: Target,
    pub(super) condition: Option<Expr>,
}

/// The names of all options with an example each, sorted.
const EVICT: Known = Known {
    attribute: "cache_evict",
    options: &[
        ("all", "all"),
        ("before", "before"),
        ("cache", "cache = \"users\""),
        ("flow", "flow = self.flow"),
        ("key", "key = \"users:{id}\""),
        ("keys", "keys = [\"users:{id}\", \"names:{name}\"]"),
        ("local_only", "local_only"),
        ("on_err", "on_err"),
        ("pattern", "pattern = \"feed:{id}:*\""),
        ("patterns", "patterns = [\"feed:{id}:*\", \"page:*:{id}\"]"),
        ("tags", "tags = [\"org:{result.org_id}\"]"),
        ("unless", "unless = result.is_empty()"),
        ("when", "when = id != 0"),
    ],
};

const PUT: Known = Known {
    attribute: "cache_put",
    options: &[
        ("flow", "flow = self.flow"),
        ("key", "key = \"users:{id}\""),
        ("on_err", "on_err"),
        ("tags", "tags = [\"org:{result.org_id}\"]"),
        ("ttl", "ttl = \"90s\""),
        ("unless", "unless = result.is_empty()"),
        ("when", "when = id != 0"),
    ],
};

const UPDATE: Known = Known {
    attribute: "cache_update",
    options: &[
        ("entity", "entity = \"user\""),
        ("flow", "flow = self.flow"),
        ("parent", "parent = \"user:{order.user_id}\""),
        (
            "parents",
            "parents = [\"user:{user}\", \"org:{result.org_id}\"]",
        ),
        ("unless", "unless = result.is_empty()"),
        ("when", "when = id != 0"),
    ],
};

/// Reads the attribute's inside.
pub(super) fn options(kind: Kind, attribute: TokenStream, faults: &mut Faults) -> Options {
    let mut options = Options::default();
    let known = match kind {
        Kind::Put => &PUT,
        Kind::Evict => &EVICT,
        Kind::Update => &UPDATE,
    };
    known.read(attribute, faults, |input| {
        option(kind, known, input, &mut options)
    });
    options
}

/// One option or entry, up to its comma or the end.
fn option(
    kind: Kind,
    known: &Known,
    input: ParseStream<'_>,
    options: &mut Options,
) -> syn::Result<()> {
    if kind != Kind::Update && begins_aim(known, input) {
        let aim = aim(input);
        options.aims_incomplete |= aim.is_err();
        options.aims.push(aim?);
        return Ok(());
    }
    let name = known.name(input)?;
    let is_known = known.options.iter().any(|(option, _)| name == option);
    if !is_known {
        options.aims_incomplete = true;
        return Err(unknown(kind, known, &name));
    }
    match name.to_string().as_str() {
        "all" => known.flag(input, &name, &mut options.all),
        "before" => known.flag(input, &name, &mut options.before),
        "cache" => known.value(input, &name, &mut options.cache),
        "entity" => known.value(input, &name, &mut options.entity),
        "flow" => known.value(input, &name, &mut options.flow),
        "key" => known.value(input, &name, &mut options.key),
        "keys" => known.value(input, &name, &mut options.keys),
        "local_only" => known.flag(input, &name, &mut options.local_only),
        "on_err" => known.flag(input, &name, &mut options.on_err),
        "parent" => known.value(input, &name, &mut options.parent),
        "parents" => known.value(input, &name, &mut options.parents),
        "pattern" => known.value(input, &name, &mut options.pattern),
        "patterns" => known.value(input, &name, &mut options.patterns),
        "tags" => known.value(input, &name, &mut options.tags),
        "ttl" => known.value(input, &name, &mut options.ttl),
        "unless" => known.value(input, &name, &mut options.unless),
        "when" => known.value(input, &name, &mut options.when),
        _ => Err(unknown(kind, known, &name)),
    }?;
    known.end(input, &name)
}

fn unknown(kind: Kind, known: &Known, name: &Ident) -> Error {
    let error = known.unknown(name);
    if kind == Kind::Update {
        return error;
    }
    let message = format!("{error}; an entry is named with parentheses, like `find_user(id)`");
    Error::new(error.span(), message)
}

/// Whether an entry begins here: `find_user(…)`, `users::find(…)`, `self.find(…)`. A name
/// of an option with parentheses is more likely a slip.
fn begins_aim(known: &Known, input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    if ahead.peek(Token![::]) {
        return true;
    }
    let Ok(name) = ahead.call(Ident::parse_any) else {
        return false;
    };
    let is_option = known.options.iter().any(|(option, _)| name == option);
    ahead.peek(Token![::]) || ahead.peek(Token![.]) || ahead.peek(token::Paren) && !is_option
}

fn aim(input: ParseStream<'_>) -> syn::Result<Aim> {
    let target = Target::parse(input)?;
    let condition = match input.parse::<Option<Token![if]>>()? {
        Some(word) if is_end(input) => {
            return Err(Error::new(word.span, "expected a condition after `if`"));
        }
        Some(_) => Some(input.parse()?),
        None => None,
    };
    if is_end(input) {
        return Ok(Aim { target, condition });
    }
    Err(input.error("expected `,`, or `if` and a condition, after an entry"))
}
