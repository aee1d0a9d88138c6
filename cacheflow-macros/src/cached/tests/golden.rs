//! Whole expansions, as they stand in the files beside this one.
//!
//! `GOLDEN=overwrite cargo test -p cacheflow-macros golden` writes them anew; look at
//! what is new.

use super::{Kind, expanded, tokens};
use crate::tokens::flat;
use std::path::PathBuf;

#[track_caller]
fn assert_golden(name: &str, attribute: &str, item: &str) {
    let expanded = expanded(attribute, item);
    let file = format!("src/cached/tests/golden/{name}.rs");
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(file);
    if std::env::var_os("GOLDEN").is_some_and(|it| it == "overwrite") {
        let parsed = syn::parse2(expanded.clone()).expect("the expansion parses");
        std::fs::write(&path, prettyplease::unparse(&parsed)).expect("the file can be written");
    }
    let golden = std::fs::read_to_string(&path).expect("there is a file for this expansion");
    let (found, expected) = (canonical(&expanded), canonical(&tokens(&golden)));
    if let Some(at) = first_difference(&found, &expected) {
        let shown = |text: &str| text.chars().skip(at).take(200).collect::<String>();
        panic!(
            "{name} differs from its file
 found: {}
  file: {}",
            shown(&found),
            shown(&expected)
        );
    }
}

fn first_difference(one: &str, other: &str) -> Option<usize> {
    let mut pairs = one.chars().zip(other.chars());
    let differs = pairs.position(|(one, other)| one != other);
    differs.or((one.len() != other.len()).then(|| one.chars().count().min(other.chars().count())))
}

/// As the printer has it: it adds braces, and commas as lines break.
fn canonical(tokens: &proc_macro2::TokenStream) -> String {
    let parsed = syn::parse2(tokens.clone()).expect("it parses");
    let mut text = flat(prettyplease::unparse(&parsed));
    for end in [")", "]", ">", "}"] {
        text = text.replace(&format!(",{end}"), end);
    }
    text
}

#[test]
fn without_options_all_arguments_are_the_key() {
    let item = "/// Finds it.
        #[must_use]
        pub(crate) async fn sum(a: u8, mut b: u8) -> Result<u8, Error> { b += a; Ok(b) }";
    assert_golden("without_options", "", item);
}

#[test]
fn options_of_the_key() {
    let attribute = r#"cache = "users", key = "{user.org}:user-{user.id():08}", ttl = "1h30m",
        skip(pool), flow = pool.flow, versioned(user)"#;
    let item = "async fn find(pool: &Pool, user: &User) -> u64 { load(pool, user).await }";
    assert_golden("key", attribute, item);
}

#[test]
fn what_is_said_of_values() {
    let attribute = r#"key = "{id}", tags = ["user:{id}", "org:{result.org}:{id}", extra(id)],
        depends_on = ["orgs:{result.org}", find_org(result.org), "users:{id}"],
        ttl_from = User::lifetime, when = id != 0, unless = result.is_guest(),
        cache_none = "30s", cache_err = "5s""#;
    let item = "async fn find(id: u64) -> Option<User> { load(id).await }";
    assert_golden("said", attribute, item);
}

#[test]
fn what_must_not_be_kept_for_long_or_seen() {
    let attribute = r#"cache = "grants", sensitive, max_ttl = "60s", validate = Grant::check,
        invalidation_patterns = ["user:*", "role:*"]"#;
    let item = "async fn grant(token: &str) -> Option<Grant> { load(token).await }";
    assert_golden("secured", attribute, item);
}

#[test]
fn a_method_without_companions_with_a_strategy() {
    let attribute = r#"cache = "users", key = "{self.org}:{name}", strategy = multi_level(memory_ttl = "60s")
        + refresh_ahead(0.8)
        + circuit_breaker(failures = 3, reset_after = "30s", stale_ttl = "24h")
        + fail_safe(stale = "1h", throttle = "30s")
        + soft_timeout("100ms")
        + hard_timeout("2s")
        + bulkhead(8, queue = 100)
        + distributed_lock(lease = "5s")"#;
    let item = "async fn find(&self, name: &str) -> Result<u64, Error> { self.load(name).await }";
    assert_golden("strategy", attribute, item);
}

#[test]
fn a_method_with_companions() {
    let attribute = "receiver = self.tenant, companions, visibility = pub(crate)";
    let item =
        "pub async fn find<T: Role>(self: Arc<Self>, (a, b): (u8, u8), role: T) -> io::Result<T>
        where T: Clone { self.load(a, b, role).await }";
    let attribute = format!("{attribute}, key = \"{{a}}:{{role}}\"");
    assert_golden("method", &attribute, item);
}

#[test]
fn a_function_that_is_not_async() {
    assert_golden(
        "sync",
        "tags = [\"n:{result}\"]",
        "fn double(n: u64) -> u64 { n * 2 }",
    );
}

#[test]
fn a_boxed_future() {
    let item = "fn find<'life0, 'async_trait>(&'life0 self, id: u64)
        -> ::core::pin::Pin<Box<dyn ::core::future::Future<Output = u64> + ::core::marker::Send + 'async_trait>>
        where 'life0: 'async_trait, Self: 'async_trait
        { Box::pin(async move { let __self = self; __self.load(id).await }) }";
    assert_golden("boxed", "key = \"{self.tenant}:{id}\"", item);
}

#[test]
fn fragments() {
    let expanded = |attribute, body: &str| {
        let item = format!("async fn page(id: u64) -> String {{ {body} }}");
        let expanded = crate::cached::expand(Kind::Fragment, tokens(attribute), tokens(&item));
        flat(expanded)
    };
    let (one, again) = (expanded("", "render(id)"), expanded("", "render( id )"));
    assert_eq!(one, again, "blanks do not count");
    let digest = |text: &str| {
        let (_, rest) = text.split_once("__cacheflow_key.digest(").unwrap();
        rest.split_once(')').unwrap().0.to_owned()
    };
    assert_ne!(digest(&one), digest(&expanded("", "render(id + 1)")));
    let with_template = expanded("template = PAGE", "PAGE.render([])");
    let written = "write_key(&id,&mut__cacheflow_key);__cacheflow_key.separator();\
        __cacheflow_key.digest(::cacheflow::Template::digest(&(PAGE)));";
    assert!(with_template.contains(written), "{with_template}");
    let faulty = expanded("tll = 1", "render(id)");
    assert!(faulty.contains("`#[cached_fragment]`takes"), "{faulty}");
    assert!(faulty.contains("`tags`,`template`,`ttl`"), "{faulty}");
}

#[test]
fn a_local_cache() {
    assert_golden(
        "local",
        "local",
        "async fn open(id: u64) -> Connection { connect(id).await }",
    );
}
