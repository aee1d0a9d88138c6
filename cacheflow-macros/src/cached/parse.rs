//! Syntax: which options are given.

pub(super) mod strategy;

use crate::attribute::{Given, Known, is_end, once};
use crate::faults::Faults;
use proc_macro2::TokenStream;
use strategy::{Term, is_term};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Expr, Ident, Token, Visibility, token};

/// Which attribute it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Cached,
    /// Its key has what tells the function's template from all others.
    Fragment,
}

impl Kind {
    fn known(self) -> &'static Known {
        match self {
            Self::Cached => &KNOWN,
            Self::Fragment => &KNOWN_OF_FRAGMENTS,
        }
    }

    /// Its name.
    pub(crate) fn attribute(self) -> &'static str {
        self.known().attribute
    }
}

/// The options as written, each read only as far as its syntax goes.
#[derive(Default)]
pub(super) struct Options {
    pub(super) cache: Given<Expr>,
    pub(super) cache_err: Given<Expr>,
    pub(super) cache_none: Given<Expr>,
    pub(super) codec: Given<Expr>,
    pub(super) companions: Given<bool>,
    pub(super) compress: Given<Expr>,
    pub(super) depends_on: Given<Expr>,
    pub(super) flow: Given<Expr>,
    pub(super) invalidation_patterns: Given<Expr>,
    pub(super) key: Given<Expr>,
    pub(super) local: Given<bool>,
    pub(super) max_ttl: Given<Expr>,
    pub(super) receiver: Given<Expr>,
    pub(super) schema_version: Given<Expr>,
    pub(super) sensitive: Given<bool>,
    pub(super) skip: Given<Vec<Ident>>,
    pub(super) strategy: Given<Expr>,
    pub(super) tags: Given<Expr>,
    pub(super) template: Given<Expr>,
    /// Parts of the strategy that stand as options of their own.
    pub(super) terms: Vec<Term>,
    /// One of them could not be read.
    pub(super) terms_incomplete: bool,
    pub(super) ttl: Given<Expr>,
    pub(super) ttl_from: Given<Expr>,
    pub(super) unless: Given<Expr>,
    pub(super) validate: Given<Expr>,
    pub(super) versioned: Given<Vec<Ident>>,
    pub(super) visibility: Given<Visibility>,
    pub(super) when: Given<Expr>,
}

/// The names of all options with an example each, sorted.
const KNOWN: Known = Known {
    attribute: "cached",
    options: &[
        ("bulkhead", "bulkhead(8, queue = 100)"),
        ("cache", "cache = \"users\""),
        ("cache_aside", "cache_aside"),
        ("cache_err", "cache_err = \"5s\""),
        ("cache_none", "cache_none = \"30s\""),
        (
            "circuit_breaker",
            "circuit_breaker(failures = 3, reset_after = \"30s\")",
        ),
        ("codec", "codec = Codec::Json"),
        ("companions", "companions = false"),
        ("compress", "compress = 4096"),
        ("depends_on", "depends_on = [find_user(result.author)]"),
        ("distributed_lock", "distributed_lock(lease = \"5s\")"),
        ("fail_safe", "fail_safe = \"1h\""),
        ("flow", "flow = self.flow"),
        ("hard_timeout", "hard_timeout = \"2s\""),
        (
            "invalidation_patterns",
            "invalidation_patterns = [\"user:*\"]",
        ),
        ("key", "key = \"{id}\""),
        ("local", "local"),
        ("max_ttl", "max_ttl = \"60s\""),
        ("multi_level", "multi_level(memory_ttl = \"60s\")"),
        ("receiver", "receiver = self.tenant"),
        ("refresh_ahead", "refresh_ahead = 0.8"),
        ("schema_version", "schema_version = 2"),
        ("sensitive", "sensitive"),
        ("skip", "skip(pool)"),
        ("soft_timeout", "soft_timeout = \"100ms\""),
        ("strategy", "strategy = multi_level + refresh_ahead(0.8)"),
        ("tags", "tags = [\"org:{result.org_id}\"]"),
        ("ttl", "ttl = \"90s\""),
        ("ttl_from", "ttl_from = User::lifetime"),
        ("unless", "unless = result.is_empty()"),
        ("validate", "validate = User::check"),
        ("versioned", "versioned(article)"),
        ("visibility", "visibility = pub(crate)"),
        ("when", "when = id != 0"),
    ],
};

/// Those of fragments: `template` as well.
const KNOWN_OF_FRAGMENTS: Known = Known {
    attribute: "cached_fragment",
    options: &{
        let mut options = [("template", "template = PAGE"); KNOWN.options.len() + 1];
        let (mut from, mut to) = (0, 0);
        while from < KNOWN.options.len() {
            options[to] = KNOWN.options[from];
            from += 1;
            // Behind `tags`, by the alphabet.
            to += if from == BEFORE_TEMPLATE { 2 } else { 1 };
        }
        options
    },
};

/// So many options of `#[cached]` stand before `template`.
const BEFORE_TEMPLATE: usize = 27;

/// Reads the attribute's inside.
pub(super) fn options(kind: Kind, attribute: TokenStream, faults: &mut Faults) -> Options {
    let mut options = Options::default();
    let known = kind.known();
    known.read(attribute, faults, |input| {
        option(known, input, &mut options)
    });
    options
}

/// One option, up to its comma or the end.
fn option(known: &Known, input: ParseStream<'_>, options: &mut Options) -> syn::Result<()> {
    let name = known.name(input)?;
    match name.to_string().as_str() {
        "cache" => KNOWN.value(input, &name, &mut options.cache),
        "cache_err" => KNOWN.value(input, &name, &mut options.cache_err),
        "cache_none" => KNOWN.value(input, &name, &mut options.cache_none),
        "codec" => KNOWN.value(input, &name, &mut options.codec),
        "compress" => KNOWN.value(input, &name, &mut options.compress),
        "companions" => KNOWN.flag(input, &name, &mut options.companions),
        "depends_on" => KNOWN.value(input, &name, &mut options.depends_on),
        "flow" => KNOWN.value(input, &name, &mut options.flow),
        "invalidation_patterns" => KNOWN.value(input, &name, &mut options.invalidation_patterns),
        "key" => KNOWN.value(input, &name, &mut options.key),
        "local" => KNOWN.flag(input, &name, &mut options.local),
        "max_ttl" => KNOWN.value(input, &name, &mut options.max_ttl),
        "receiver" => KNOWN.value(input, &name, &mut options.receiver),
        "schema_version" => KNOWN.value(input, &name, &mut options.schema_version),
        "sensitive" => KNOWN.flag(input, &name, &mut options.sensitive),
        "skip" => KNOWN.list(input, &name, &mut options.skip, Ident::parse_any),
        "strategy" => KNOWN.value(input, &name, &mut options.strategy),
        "tags" => KNOWN.value(input, &name, &mut options.tags),
        "template" if known.has("template") => {
            KNOWN_OF_FRAGMENTS.value(input, &name, &mut options.template)
        }
        "ttl" => KNOWN.value(input, &name, &mut options.ttl),
        "ttl_from" => KNOWN.value(input, &name, &mut options.ttl_from),
        "unless" => KNOWN.value(input, &name, &mut options.unless),
        "validate" => KNOWN.value(input, &name, &mut options.validate),
        "versioned" => KNOWN.list(input, &name, &mut options.versioned, Ident::parse_any),
        "visibility" => visibility(input, &name, &mut options.visibility),
        "when" => KNOWN.value(input, &name, &mut options.when),
        term if is_term(term) => {
            let read = strategy::alone(input, &name, || KNOWN.form(&name));
            options.terms_incomplete |= read.is_err();
            options.terms.push(read?);
            Ok(())
        }
        _ => Err(known.unknown(&name)),
    }?;
    known.end(input, &name)
}

/// `visibility = pub(crate)`; nothing after `=` would be a visibility as well, and is
/// more likely a slip.
fn visibility(
    input: ParseStream<'_>,
    name: &Ident,
    given: &mut Given<Visibility>,
) -> syn::Result<()> {
    once(name, given)?;
    let equals = input.parse::<Option<Token![=]>>()?;
    if equals.is_none() || is_end(input) || !input.peek(Token![pub]) {
        return Err(KNOWN.form(name));
    }
    *given = Given::Yes(input.parse()?);
    if input.peek(token::Paren) {
        return Err(KNOWN.form(name));
    }
    Ok(())
}
