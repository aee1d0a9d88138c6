//! Attribute and function as text; messages with the text that they fall on.

mod background;
mod expansion;
mod functions;
mod golden;
mod identity;
mod keys;
mod more_faults;
mod options;
mod strategy;
mod strategy_faults;

use super::Kind;
use crate::tokens::flat;
use proc_macro2::TokenStream;

/// A function without faults of its own.
const FIND: &str = "async fn find(pool: &Pool, id: u64) -> u64 { id }";

/// One without references, whose error has room for the cache's own.
const LOAD: &str = "async fn load(id: u64) -> Result<u64, Error> { Ok(id) }";

fn tokens(text: &str) -> TokenStream {
    text.parse()
        .unwrap_or_else(|error| panic!("{error} in {text}"))
}

/// Each fault: on which source text, and what it says.
fn faults(attribute: &str, item: &str) -> Vec<(String, String)> {
    match super::cached(Kind::Cached, tokens(attribute), tokens(item)) {
        Ok(_) => panic!("#[cached({attribute})] {item} has no fault"),
        Err(error) => error
            .into_iter()
            .map(|error| {
                (
                    error.span().source_text().unwrap_or_default(),
                    error.to_string(),
                )
            })
            .collect(),
    }
}

#[track_caller]
fn assert_fault(attribute: &str, item: &str, on: &str, message: &str) {
    let found = faults(attribute, item);
    assert_eq!(
        found,
        [(on.to_owned(), message.to_owned())],
        "#[cached({attribute})] {item}"
    );
}

/// The expansion, which parses as items.
#[track_caller]
fn expanded(attribute: &str, item: &str) -> TokenStream {
    let expanded = super::expand(Kind::Cached, tokens(attribute), tokens(item));
    let parsed = syn::parse2::<syn::File>(expanded.clone());
    assert!(
        parsed.is_ok(),
        "#[cached({attribute})] {item} became {expanded}"
    );
    expanded
}

/// That the expansion has each of these sequences of tokens, in this order.
#[track_caller]
fn assert_expands(attribute: &str, item: &str, sequences: &[&str]) {
    let whole = flat(expanded(attribute, item));
    let mut rest = whole.as_str();
    for sequence in sequences {
        let sequence = flat(sequence);
        let Some(at) = rest.find(&sequence) else {
            panic!("no `{sequence}` in `{rest}` of `{whole}`");
        };
        rest = &rest[at + sequence.len()..];
    }
}

/// That it does not have this sequence of tokens.
#[track_caller]
fn assert_lacks(attribute: &str, item: &str, sequence: &str) {
    let whole = flat(expanded(attribute, item));
    let sequence = flat(sequence);
    assert!(!whole.contains(&sequence), "`{sequence}` in `{whole}`");
}
