//! Golden implementations and messages.

use super::expand;
use crate::tokens::flat;
use proc_macro2::TokenStream;

fn tokens(text: &str) -> TokenStream {
    text.parse()
        .unwrap_or_else(|error| panic!("{error} in {text}"))
}

#[track_caller]
fn assert_implements(item: &str, head: &str, body: &str) {
    let expected = format!(
        "#[automatically_derived]
         {head} {{
             fn write_key(&self, __cacheflow_key: &mut ::cacheflow::KeyBuf) {{ {body} }}
         }}"
    );
    let expanded = expand(tokens(item));
    assert!(
        syn::parse2::<syn::ItemImpl>(expanded.clone()).is_ok(),
        "{expanded}"
    );
    assert_eq!(flat(expanded), flat(tokens(&expected)));
}

#[test]
fn named_fields() {
    assert_implements(
        "#[derive(Debug)] pub struct Id { pub org: u32, r#type: Option<String> }",
        "impl ::cacheflow::CacheKey for Id",
        "::cacheflow::CacheKey::write_key(&self.org, __cacheflow_key);
         __cacheflow_key.separator();
         ::cacheflow::CacheKey::write_key(&self.r#type, __cacheflow_key);",
    );
}

#[test]
fn unnamed_fields() {
    assert_implements(
        "struct Id(u32, #[x] pub String);",
        "impl ::cacheflow::CacheKey for Id",
        "::cacheflow::CacheKey::write_key(&self.0, __cacheflow_key);
         __cacheflow_key.separator();
         ::cacheflow::CacheKey::write_key(&self.1, __cacheflow_key);",
    );
}

#[test]
fn no_fields() {
    for item in ["struct Id;", "struct Id();", "struct Id {}"] {
        assert_implements(
            item,
            "impl ::cacheflow::CacheKey for Id",
            "::cacheflow::CacheKey::write_key(&(), __cacheflow_key);",
        );
    }
}

#[test]
fn variants() {
    assert_implements(
        "enum Id { None, r#Box(u8), Two { a: u8, b: u8 }, Empty() }",
        "impl ::cacheflow::CacheKey for Id",
        "match self {
             Self::None {} => __cacheflow_key.variant(\"None\"),
             Self::r#Box { 0: __cacheflow_0, } => {
                 __cacheflow_key.variant(\"Box\");
                 __cacheflow_key.open();
                 ::cacheflow::CacheKey::write_key(&*__cacheflow_0, __cacheflow_key);
                 __cacheflow_key.close();
             }
             Self::Two { a: __cacheflow_0, b: __cacheflow_1, } => {
                 __cacheflow_key.variant(\"Two\");
                 __cacheflow_key.open();
                 ::cacheflow::CacheKey::write_key(&*__cacheflow_0, __cacheflow_key);
                 __cacheflow_key.separator();
                 ::cacheflow::CacheKey::write_key(&*__cacheflow_1, __cacheflow_key);
                 __cacheflow_key.close();
             }
             Self::Empty {} => __cacheflow_key.variant(\"Empty\"),
         }",
    );
}

#[test]
fn no_variants() {
    assert_implements(
        "enum Id {}",
        "impl ::cacheflow::CacheKey for Id",
        "match *self {}",
    );
}

#[test]
fn generic_types_bind_what_fields_are_made_of() {
    assert_implements(
        "struct Id<'a, T: Copy, U, V, W: Iterator, const N: usize>(
             &'a [T; N], Option<W::Item>, Box<Id<'a, T, U, V, W, N>>
         ) where U: Clone;",
        "impl<'a, T: Copy, U, V, W: Iterator, const N: usize> ::cacheflow::CacheKey
             for Id<'a, T, U, V, W, N>
         where
             U: Clone,
             T: ::cacheflow::CacheKey,
             W::Item: ::cacheflow::CacheKey,
             U: ::cacheflow::CacheKey,
             V: ::cacheflow::CacheKey,
             W: ::cacheflow::CacheKey",
        "::cacheflow::CacheKey::write_key(&self.0, __cacheflow_key);
         __cacheflow_key.separator();
         ::cacheflow::CacheKey::write_key(&self.1, __cacheflow_key);
         __cacheflow_key.separator();
         ::cacheflow::CacheKey::write_key(&self.2, __cacheflow_key);",
    );
    assert_implements(
        "enum Id<T, U = u8> { A(T), B }",
        "impl<T, U> ::cacheflow::CacheKey for Id<T, U> where T: ::cacheflow::CacheKey",
        "match self {
             Self::A { 0: __cacheflow_0, } => {
                 __cacheflow_key.variant(\"A\");
                 __cacheflow_key.open();
                 ::cacheflow::CacheKey::write_key(&*__cacheflow_0, __cacheflow_key);
                 __cacheflow_key.close();
             }
             Self::B {} => __cacheflow_key.variant(\"B\"),
         }",
    );
}

#[test]
fn unions_are_refused() {
    let error = super::parse::parse(tokens("union Id { a: u8 }"))
        .and_then(super::check::check)
        .err();
    let error = error.expect("a union has no key");
    assert_eq!(error.span().source_text().as_deref(), Some("union"));
    assert_eq!(
        error.to_string(),
        "`CacheKey` cannot be derived for a union: nobody knows which field it holds"
    );
    assert!(flat(expand(tokens("union Id { a: u8 }"))).contains("compile_error"));
}

#[test]
fn skipped_fields_and_renamed_variants() {
    assert_implements(
        "struct Id { org: u32, #[key(skip)] cached: Secret }",
        "impl ::cacheflow::CacheKey for Id",
        "::cacheflow::CacheKey::write_key(&self.org, __cacheflow_key);",
    );
    assert_implements(
        "struct Id<T>(#[key(skip)] T);",
        "impl<T> ::cacheflow::CacheKey for Id<T>",
        "::cacheflow::CacheKey::write_key(&(), __cacheflow_key);",
    );
    assert_implements(
        "enum Id { #[key(rename = \"none\")] None, Some(#[key(skip)] u8, u8), All { #[key(skip)] a: u8 } }",
        "impl ::cacheflow::CacheKey for Id",
        "match self {
             Self::None {} => __cacheflow_key.variant(\"none\"),
             Self::Some { 1: __cacheflow_0, .. } => {
                 __cacheflow_key.variant(\"Some\");
                 __cacheflow_key.open();
                 ::cacheflow::CacheKey::write_key(&*__cacheflow_0, __cacheflow_key);
                 __cacheflow_key.close();
             }
             Self::All { .. } => __cacheflow_key.variant(\"All\"),
         }",
    );
}

#[test]
fn faults_of_options_are_told_together() {
    let expanded = flat(expand(tokens(
        "enum Id { #[key(skip)] A, #[key(rename = \"A\")] B, #[key(rename = \"a:b\")] C, D(#[key(rename = \"x\")] u8, #[key(skp)] u8) , #[key(rename = \"E\")] X, E }",
    )));
    for message in [
        "avarianttellskeysapartandcannotbeskipped",
        "`rename=\\\"a:b\\\"`canbe",
        "fieldsarewrittenwithouttheirnames",
        "unknownoption`skp`;didyoumean`skip`?",
        "`A`and`B`arebothwrittenas`A`",
        "`X`and`E`arebothwrittenas`E`",
    ] {
        assert!(expanded.contains(message), "{message} is not in {expanded}");
    }
}
