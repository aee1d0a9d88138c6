//! Golden notes and messages.

use super::expand;
use crate::tokens::flat;
use proc_macro2::TokenStream;

fn tokens(text: &str) -> TokenStream {
    text.parse()
        .unwrap_or_else(|error| panic!("{error} in {text}"))
}

const FUNCTION: &str = "async fn warm_users(flow: &CacheFlow) -> Result<WarmReport, DbError> { Ok(WarmReport::default()) }";

#[track_caller]
fn assert_expands(options: &str, [name, caches, required, plan]: [&str; 4]) {
    let expected = format!(
        "{FUNCTION}
         const _: () = {{
             fn warm(__cacheflow_flow: &::cacheflow::CacheFlow) -> ::cacheflow::private::WarmingFuture<'_> {{
                 ::std::boxed::Box::pin(async move {{
                     ::cacheflow::private::reported(warm_users(__cacheflow_flow).await)
                 }})
             }}
             fn plan() -> ::cacheflow::WarmPlan {{ {plan} }}
             ::cacheflow::private::inventory::submit! {{
                 ::cacheflow::private::FunctionWarmer::new({name}, &[{caches}], {required}, plan, warm)
             }}
         }};"
    );
    let expanded = expand(tokens(options), tokens(FUNCTION));
    assert!(
        syn::parse2::<syn::File>(expanded.clone()).is_ok(),
        "{expanded}"
    );
    assert_eq!(flat(expanded), flat(tokens(&expected)));
}

/// All messages, in the order of finding, each with the tokens that it stands on.
fn faults(options: &str, function: &str) -> Vec<(String, String)> {
    let error = super::warmer(tokens(options), tokens(function)).err();
    let error = error.expect("it has a fault");
    let fault = |it: syn::Error| (it.span().source_text().unwrap_or_default(), it.to_string());
    error.into_iter().map(fault).collect()
}

#[test]
fn without_options_it_runs_once_at_the_start() {
    assert_expands(
        "",
        [
            "::core::concat!(::core::module_path!(), \"::\", \"warm_users\")",
            "",
            "false",
            "::cacheflow::WarmPlan::new().on_startup(true).per_node(false)",
        ],
    );
}

#[test]
fn every_option_says_what_it_says() {
    assert_expands(
        "caches(\"users\", \"orders\"), name = \"active\", required, per_node, every = \"30m\", once_per = \"10m\", timeout = \"5s\"",
        [
            "\"active\"",
            "\"users\", \"orders\"",
            "true",
            "::cacheflow::WarmPlan::new().on_startup(true).per_node(true)
                .every(::core::time::Duration::from_millis(1800000u64))
                .once_per(::core::time::Duration::from_millis(600000u64))
                .timeout(::core::time::Duration::from_millis(5000u64))",
        ],
    );
    assert_expands(
        "cache = \"users\", on_startup = false, cron = \"30 4 * * *\", name = \"n\"",
        [
            "\"n\"",
            "\"users\"",
            "false",
            "::cacheflow::private::with_cron(
                ::cacheflow::WarmPlan::new().on_startup(false).per_node(false), \"30 4 * * *\")",
        ],
    );
}

#[test]
fn all_faults_are_told_at_once_each_where_it_is() {
    let told = faults(
        "cache = \"a:b\", caches(\"users\"), every = \"30\", cron = \"* * * * *\", timeout = \"0s\", name = \"\", evry = 3, required, on_startup = false",
        "fn warm<T>(&self, flow: &CacheFlow) {}",
    );
    let of = |part: &str| {
        let found = told.iter().filter(|(_, message)| message.contains(part));
        found.map(|(tokens, _)| tokens.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(told.len(), 12, "{told:#?}");
    assert_eq!(of("unknown option `evry`"), ["evry"]);
    assert_eq!(of("give one of the two"), ["\"a:b\"", "\"* * * * *\""]);
    assert_eq!(of("`cache` names the cache \"a:b\" with ':'"), ["\"a:b\""]);
    assert_eq!(of("`every = \"30\"` has no unit"), ["\"30\""]);
    assert_eq!(of("`timeout = \"0s\"` is out of range"), ["\"0s\""]);
    assert_eq!(of("`name` has 0 bytes"), ["\"\""]);
    assert_eq!(of("does not run then"), ["warm"]);
    assert_eq!(of("async functions only"), ["fn"]);
    assert_eq!(of("does not work on methods"), ["&self"]);
    assert_eq!(of("generic functions"), ["T"]);
    assert_eq!(of("returns what it has kept"), ["warm"]);
}

#[test]
fn forms_and_numbers_of_arguments() {
    let told = faults("every", "async fn warm() -> Result<WarmReport, E> {}");
    let messages: Vec<&str> = told.iter().map(|(_, message)| message.as_str()).collect();
    let expected = [
        "`every` is written like `every = \"30m\"`",
        "`warm` takes one argument, the flow: `flow: &CacheFlow`",
    ];
    assert_eq!(messages, expected);
    let told = faults("", "struct Users;");
    assert_eq!(told[0].1, "`#[cache_warmer]` works on functions only");
}
