//! From syntax to meaning; finds every fault.

use super::model::{Plan, Warmer};
use super::parse::Options;
use crate::attribute::Given;
use crate::ends::Ends;
use crate::faults::Faults;
use crate::function::Function;
use crate::{cache_name, duration};
use std::time::Duration;
use syn::{LitStr, ReturnType, Signature};

/// The longest name of a warmer, in bytes, as `cacheflow` itself has it.
const LONGEST_NAME: usize = 128;

pub(super) fn check(
    options: Options,
    function: &Function,
    mut faults: Faults,
) -> syn::Result<Warmer> {
    let Options {
        cache,
        caches,
        cron,
        every,
        name,
        on_startup,
        once_per,
        per_node,
        required,
        timeout,
    } = options;
    if let (Given::Yes(_), Given::Yes(_)) = (&cache, &caches) {
        let message = "`cache` names one cache and `caches` several: give one of the two";
        faults.on(cache.as_ref(), message);
    }
    if let (Given::Yes(_), Given::Yes(cron)) = (&every, &cron) {
        let message = "`every` and `cron` say both when it runs: give one of the two";
        faults.on(cron, message);
    }
    let is_required = required.given().unwrap_or_default();
    let on_startup = on_startup.given().unwrap_or(true);
    if is_required && !on_startup {
        let message = "`required` is what the start waits for, and this does not run then";
        faults.on(&function.sig.ident, message);
    }
    let mut names = Vec::new();
    for literal in cache
        .given()
        .iter()
        .chain(&caches.given().unwrap_or_default())
    {
        let cache = literal.value();
        cache_name::check(&cache, literal, "cache", &mut faults);
        names.push(cache);
    }
    let name = name.given().map(|literal| {
        let name = literal.value();
        if name.is_empty() || name.len() > LONGEST_NAME {
            let length = name.len();
            faults.on(
                &literal,
                format!("`name` has {length} bytes: it can have 1 to {LONGEST_NAME}"),
            );
        }
        name
    });
    signature(&function.sig, &mut faults);
    if function.body.is_none() {
        faults.on(
            &function.sig,
            "`#[cache_warmer]` works on functions with a body only",
        );
    }
    let mut time = |option, given: Given<LitStr>| span_of(option, given, &mut faults);
    let plan = Plan {
        required: is_required,
        on_startup,
        per_node: per_node.given().unwrap_or_default(),
        every: time("every", every),
        once_per: time("once_per", once_per),
        timeout: time("timeout", timeout),
        cron: cron.given().map(|literal| literal.value()),
    };
    faults.into_result()?;
    Ok(Warmer {
        function: function.sig.ident.clone(),
        name,
        caches: names,
        plan,
        returns: match &function.sig.output {
            ReturnType::Type(_, returns) => Ends::of(returns),
            ReturnType::Default => Ends::of(&function.sig.ident),
        },
    })
}

/// What a warmer can be: the types are the compiler's to judge.
fn signature(sig: &Signature, faults: &mut Faults) {
    let name = &sig.ident;
    if sig.asyncness.is_none() {
        faults.on(
            sig.fn_token,
            "`#[cache_warmer]` works on async functions only",
        );
    }
    if let Some(token) = sig.unsafety {
        faults.on(
            token,
            "`#[cache_warmer]` does not work on unsafe functions: wrap the call in a safe function",
        );
    }
    if let Some(receiver) = sig.receiver() {
        faults.on(
            receiver,
            "`#[cache_warmer]` does not work on methods: nobody has a value to call it on; implement `CacheWarmer` for it",
        );
    } else if sig.inputs.len() != 1 {
        faults.on(
            name,
            format!("`{name}` takes one argument, the flow: `flow: &CacheFlow`"),
        );
    }
    let generics = &sig.generics;
    if generics.type_params().next().is_some() || generics.const_params().next().is_some() {
        faults.on(
            &generics.params,
            "`#[cache_warmer]` does not work on generic functions: nobody names their parameters",
        );
    }
    if matches!(sig.output, ReturnType::Default) {
        faults.on(
            name,
            format!("`{name}` returns what it has kept: `Result<WarmReport, E>`"),
        );
    }
}

/// A text with units.
fn span_of(option: &str, given: Given<LitStr>, faults: &mut Faults) -> Option<Duration> {
    let literal = given.given()?;
    let text = literal.value();
    match duration::parse(&text, &duration::ANY) {
        Ok(duration) => Some(duration),
        Err(message) => {
            faults.on(&literal, format!("`{option} = {text:?}` {message}"));
            None
        }
    }
}
