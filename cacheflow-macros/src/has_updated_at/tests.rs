//! Golden implementations and messages.

use super::expand;
use crate::tokens::flat;
use proc_macro2::TokenStream;

fn tokens(text: &str) -> TokenStream {
    text.parse()
        .unwrap_or_else(|error| panic!("{error} in {text}"))
}

#[track_caller]
fn assert_implements(
    item: &str,
    [parameters, name, constraints]: [&str; 3],
    [field, read_as]: [&str; 2],
) {
    let expected = format!(
        "#[automatically_derived]
         impl {parameters} ::cacheflow::HasUpdatedAt for {name} where {constraints} {{
             fn updated_at(&self) -> ::std::time::SystemTime {{
                 <{read_as}>::read(&self.{field})
             }}
         }}
         #[automatically_derived]
         impl {parameters} ::cacheflow::SetUpdatedAt for {name} where {constraints} {{
             fn set_updated_at(&mut self, __cacheflow_at: ::std::time::SystemTime) {{
                 self.{field} = <{read_as}>::of(__cacheflow_at);
             }}
         }}"
    );
    let expanded = expand(tokens(item));
    assert!(
        syn::parse2::<syn::File>(expanded.clone()).is_ok(),
        "{expanded}"
    );
    assert_eq!(flat(expanded), flat(tokens(&expected)));
}

/// All messages, in the order of finding, each with the tokens that it stands on.
fn faults(item: &str) -> Vec<(String, String)> {
    let error = super::parse::parse(tokens(item)).and_then(super::check::check);
    let error = error.err().expect("it has a fault");
    let fault = |it: syn::Error| (it.span().source_text().unwrap_or_default(), it.to_string());
    error.into_iter().map(fault).collect()
}

#[test]
fn the_field_of_the_name() {
    assert_implements(
        "struct Post { id: u64, updated_at: SystemTime }",
        [
            "",
            "Post",
            "SystemTime: ::cacheflow::version::UpdatedAtField",
        ],
        [
            "updated_at",
            "SystemTime as ::cacheflow::version::UpdatedAtField",
        ],
    );
}

#[test]
fn the_field_with_the_mark_goes_before_the_name() {
    assert_implements(
        "struct Post { updated_at: u8, #[serde(skip)] #[updated_at(millis)] r#mod: i64 }",
        ["", "Post", "i64: ::cacheflow::version::UnixMillis"],
        ["r#mod", "i64 as ::cacheflow::version::UnixMillis"],
    );
}

#[test]
fn an_unnamed_field() {
    assert_implements(
        "struct Post(u64, #[updated_at(seconds)] u32);",
        ["", "Post", "u32: ::cacheflow::version::UnixSeconds"],
        ["1", "u32 as ::cacheflow::version::UnixSeconds"],
    );
}

#[test]
fn generics() {
    assert_implements(
        "struct Post<'a, T: Copy, Z = Utc, const N: usize> where T: Send { t: [&'a T; N], updated_at: At<Z> }",
        [
            "<'a, T: Copy, Z, const N: usize>",
            "Post<'a, T, Z, N>",
            "T: Send, At<Z>: ::cacheflow::version::UpdatedAtField",
        ],
        [
            "updated_at",
            "At<Z> as ::cacheflow::version::UpdatedAtField",
        ],
    );
}

#[test]
fn every_fault_is_told_on_its_tokens() {
    let found = faults(
        "#[updated_at] struct Post {
             #[updated_at(milis, hours)] a: i64,
             #[updated_at(seconds, millis)] #[updated_at] b: i64,
             #[updated_at = \"millis\"] c: i64,
             #[updated_at(1)] d: i64,
         }",
    );
    let messages: Vec<_> = found.iter().map(|(_, message)| message.as_str()).collect();
    let only_one = "only one field can be marked: another is already";
    let allowed = "allowed are `millis`, `seconds`, and none for what is a time";
    let milis = format!("unknown unit `milis`; did you mean `millis`? {allowed}");
    let hours = format!("unknown unit `hours`; {allowed}");
    assert_eq!(
        messages,
        [
            "`#[updated_at]` stands on the field that holds the time",
            &milis,
            &hours,
            "this field is marked already",
            "a field has one unit: another is given already",
            "a unit stands in parentheses: `#[updated_at(millis)]`",
            "expected identifier",
            only_one,
            only_one,
            only_one,
        ]
    );
    let on: Vec<_> = found[..3].iter().map(|(on, _)| on.as_str()).collect();
    assert_eq!(on[1..], ["milis", "hours"]);
}

#[test]
fn that_there_is_no_field_is_told_with_the_nearest() {
    for (item, nearest) in [
        (
            "struct Post { updatedat: u8 }",
            "; did you mean `updatedat`?",
        ),
        ("struct Post { id: u8 }", ";"),
        ("struct Post;", ";"),
        ("struct Post(SystemTime);", ";"),
    ] {
        let message = format!(
            "no field is called `updated_at`{nearest} mark the one that holds the time: `#[updated_at]`"
        );
        assert_eq!(faults(item), [("Post".to_owned(), message)]);
    }
}

#[test]
fn enums_and_unions_are_refused() {
    let [(on, message)] = &faults("enum Post { A { updated_at: u8 } }")[..] else {
        panic!("one fault");
    };
    assert_eq!(on, "enum");
    assert!(message.contains("implement it"), "{message}");
    let [(on, message)] = &faults("union Post { updated_at: u8 }")[..] else {
        panic!("one fault");
    };
    assert_eq!(on, "union");
    assert!(message.contains("nobody knows"), "{message}");
    assert!(flat(expand(tokens("enum Post {}"))).contains("compile_error"));
}
