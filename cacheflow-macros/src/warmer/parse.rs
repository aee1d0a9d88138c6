//! Syntax: which options are given.

use crate::attribute::{Given, Known};
use crate::faults::Faults;
use proc_macro2::TokenStream;
use syn::LitStr;
use syn::parse::{Parse, ParseStream};

pub(super) const ATTRIBUTE: &str = "cache_warmer";

/// The options as written, each read only as far as its syntax goes.
#[derive(Default)]
pub(super) struct Options {
    pub(super) cache: Given<LitStr>,
    pub(super) caches: Given<Vec<LitStr>>,
    pub(super) cron: Given<LitStr>,
    pub(super) every: Given<LitStr>,
    pub(super) name: Given<LitStr>,
    pub(super) on_startup: Given<bool>,
    pub(super) once_per: Given<LitStr>,
    pub(super) per_node: Given<bool>,
    pub(super) required: Given<bool>,
    pub(super) timeout: Given<LitStr>,
}

/// The names of all options with an example each, sorted.
const KNOWN: Known = Known {
    attribute: ATTRIBUTE,
    options: &[
        ("cache", "cache = \"users\""),
        ("caches", "caches(\"users\", \"orders\")"),
        ("cron", "cron = \"30 4 * * *\""),
        ("every", "every = \"30m\""),
        ("name", "name = \"active-users\""),
        ("on_startup", "on_startup = false"),
        ("once_per", "once_per = \"10m\""),
        ("per_node", "per_node"),
        ("required", "required"),
        ("timeout", "timeout = \"5m\""),
    ],
};

pub(super) fn options(attribute: TokenStream, faults: &mut Faults) -> Options {
    let mut options = Options::default();
    KNOWN.read(attribute, faults, |input| option(input, &mut options));
    options
}

fn option(input: ParseStream<'_>, options: &mut Options) -> syn::Result<()> {
    let name = KNOWN.name(input)?;
    match name.to_string().as_str() {
        "cache" => KNOWN.value(input, &name, &mut options.cache)?,
        "caches" => KNOWN.list(input, &name, &mut options.caches, <LitStr as Parse>::parse)?,
        "cron" => KNOWN.value(input, &name, &mut options.cron)?,
        "every" => KNOWN.value(input, &name, &mut options.every)?,
        "name" => KNOWN.value(input, &name, &mut options.name)?,
        "on_startup" => KNOWN.flag(input, &name, &mut options.on_startup)?,
        "once_per" => KNOWN.value(input, &name, &mut options.once_per)?,
        "per_node" => KNOWN.flag(input, &name, &mut options.per_node)?,
        "required" => KNOWN.flag(input, &name, &mut options.required)?,
        "timeout" => KNOWN.value(input, &name, &mut options.timeout)?,
        _ => return Err(KNOWN.unknown(&name)),
    }
    KNOWN.end(input, &name)
}
