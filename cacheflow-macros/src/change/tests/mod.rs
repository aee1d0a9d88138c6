//! Attribute and function as text; messages with the text that they fall on.

mod evict;
mod faults;
mod golden;
mod put;
mod update;

use super::Kind;
use crate::tokens::flat;
use proc_macro2::TokenStream;

/// A function without faults of its own.
const SAVE: &str = "async fn save(db: &Db, user: User) -> Result<User, E> { db.save(user).await }";

fn tokens(text: &str) -> TokenStream {
    text.parse()
        .unwrap_or_else(|error| panic!("{error} in {text}"))
}

/// Each fault: on which source text, and what it says.
fn faults(kind: Kind, attribute: &str, item: &str) -> Vec<(String, String)> {
    match super::change(kind, tokens(attribute), tokens(item)) {
        Ok(_) => panic!("#[{}({attribute})] {item} has no fault", kind.attribute()),
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
fn assert_fault(kind: Kind, attribute: &str, item: &str, on: &str, message: &str) {
    let found = faults(kind, attribute, item);
    assert_eq!(found, [(on.to_owned(), message.to_owned())], "{attribute}");
}

/// The expansion, which parses as one function.
#[track_caller]
fn expanded(kind: Kind, attribute: &str, item: &str) -> TokenStream {
    let expanded = super::expand(kind, tokens(attribute), tokens(item));
    let parsed = syn::parse2::<syn::ItemFn>(expanded.clone());
    assert!(parsed.is_ok(), "{attribute} on {item} became {expanded}");
    expanded
}

/// That the expansion has each of these sequences of tokens, in this order.
#[track_caller]
fn assert_expands(kind: Kind, attribute: &str, item: &str, sequences: &[&str]) {
    let whole = flat(expanded(kind, attribute, item));
    let mut rest = whole.as_str();
    for sequence in sequences {
        let sequence = flat(sequence);
        let Some(at) = rest.find(&sequence) else {
            panic!("no `{sequence}` in `{rest}` of `{whole}`");
        };
        rest = &rest[at + sequence.len()..];
    }
}
