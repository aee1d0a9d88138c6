//! Bodies that go on without their call.

use super::{assert_expands, assert_fault, assert_lacks};

const REFRESH: &str = "key = \"{id}\", strategy = refresh_ahead(0.8)";

const OUTLIVES: &str = "`refresh_ahead` loads in the background, which outlives the call, and";

#[test]
fn references_are_copied_when_the_load_begins() {
    assert_expands(
        REFRESH,
        "async fn f<'a>(pool: &'a Pool, mut name: &str, id: u64) -> u64 { pool.find(name, id) }",
        &[
            "async fn f<'a>(pool: &'a Pool, name: &str, id: u64) -> u64 {",
            "move |_| {
                let __cacheflow_copy_0 = pool;
                let __cacheflow_copy_0 = ::cacheflow::private::copied(__cacheflow_copy_0);
                let __cacheflow_copy_1 = name;
                let __cacheflow_copy_1 = ::cacheflow::private::copied(__cacheflow_copy_1);
                ::cacheflow::private::returning::<u64, _>(async move {
                    f::original(
                        ::cacheflow::private::Lend::lend(&__cacheflow_copy_0),
                        ::cacheflow::private::Lend::lend(&__cacheflow_copy_1),
                        id
                    ).await
                })
            }, ::core::option::Option::None).await",
        ],
    );
}

#[test]
fn without_companions_they_have_the_arguments_names_within_the_body() {
    assert_expands(
        &format!("{REFRESH}, companions = false"),
        "async fn f<'a>(pool: &'a Pool, mut name: &str, id: u64) -> u64 { pool.find(name, id) }",
        &[
            "move |_| {
                let __cacheflow_copy_0 = pool;
                let __cacheflow_copy_0 = ::cacheflow::private::copied(__cacheflow_copy_0);
                let __cacheflow_copy_1 = name;
                let __cacheflow_copy_1 = ::cacheflow::private::copied(__cacheflow_copy_1);
                ::cacheflow::private::returning::<u64, _>(async move {
                    #[allow(unused_variables)]
                    let pool = ::cacheflow::private::Lend::lend(&__cacheflow_copy_0);
                    #[allow(unused_variables)]
                    let mut name = ::cacheflow::private::Lend::lend(&__cacheflow_copy_1);
                    #[allow(",
            "{ pool.find(name, id) } }) }, ::core::option::Option::None).await",
        ],
    );
}

#[test]
fn what_the_body_does_not_use_is_not_copied() {
    for (item, used) in [
        ("async fn f(id: &u64) -> u64 { 1 }", false),
        ("async fn f(id: &u64) -> u64 { g(|| [id]) }", true),
        ("async fn f(r#id: &u64) -> u64 { r#id }", true),
        ("async fn f(id: &u64) -> String { format!(\"{id}\") }", true),
        ("async fn f(id: &'static u64) -> u64 { id }", false),
        ("async fn f(id: u64, _: &str) -> u64 { id }", false),
        ("async fn f(id: Arc<u64>) -> u64 { id }", false),
        ("async fn f(&self, id: u64) -> u64 { id }", false),
        ("async fn f(&self, id: u64) -> u64 { self.a(id) }", true),
    ] {
        if used {
            assert_expands(REFRESH, item, &["private::copied(", "Lend::lend(&"]);
        } else {
            assert_lacks(REFRESH, item, "private::copied(");
        }
    }
}

#[test]
fn without_work_in_the_background_nothing_is_copied() {
    for strategy in [
        "multi_level",
        "bulkhead(8)",
        "circuit_breaker(stale = \"1h\")",
    ] {
        assert_lacks(
            &format!("strategy = {strategy}"),
            "async fn f(id: &mut u64) -> Answer { *id += 1; Ok(id) }",
            "private::copied(",
        );
    }
}

#[test]
fn the_receiver_has_another_name_in_the_body() {
    let attribute = "key = \"all\", strategy = refresh_ahead(0.8)";
    assert_expands(
        attribute,
        "async fn f(&self) -> u64 {
            use self::a;
            impl A { fn a(&self) -> u64 { self.0 } }
            g(self, self.a, |x| self.b(x), self::c(), h!(self, self.d, [self::e(self)]))
        }",
        &[
            "let __cacheflow_copy_0 = self; let __cacheflow_copy_0 = ::cacheflow::private::copied(__cacheflow_copy_0);",
            "let __cacheflow_self = ::cacheflow::private::Lend::lend(&__cacheflow_copy_0);",
            "{
                use self::a;
                impl A { fn a(&self) -> u64 { self.0 } }
                g(__cacheflow_self, __cacheflow_self.a, |x| __cacheflow_self.b(x), self::c(),
                    h!(__cacheflow_self, __cacheflow_self.d, [self::e(__cacheflow_self)]))
            } })",
        ],
    );
    for receiver in ["self", "mut self", "self: Arc<Self>"] {
        let item = format!("async fn f({receiver}) -> u64 {{ self.a }}");
        assert_expands(attribute, &item, &["{ self.a }"]);
        assert_lacks(attribute, &item, "private::copied(");
    }
}

#[test]
fn mutable_references() {
    assert_fault(
        REFRESH,
        "async fn f(pool: &mut Pool, id: u64) -> u64 { id }",
        "&mut Pool",
        &format!(
            "{OUTLIVES} `pool` is borrowed mutably: \
             take it by value, or as an `Arc` of something with a lock"
        ),
    );
    assert_fault(
        REFRESH,
        "async fn f(&mut self, id: u64) -> u64 { id }",
        "&mut self",
        &format!("{OUTLIVES} `self` is borrowed mutably: take `&self` of a type that is `Clone`"),
    );
}

#[test]
fn types_that_borrow() {
    for (argument, on) in [
        ("name: Option<&str>", "Option<&str>"),
        ("name: Cow<'_, str>", "Cow<'_, str>"),
        ("name: &Cow<'a, str>", "&Cow<'a, str>"),
        ("name: &[&str]", "&[&str]"),
        ("name: Box<dyn Name + 'a>", "Box<dyn Name + 'a>"),
    ] {
        assert_fault(
            REFRESH,
            &format!("async fn f<'a>({argument}, id: u64) -> u64 {{ id }}"),
            on,
            &format!(
                "{OUTLIVES} `name` borrows within its type: \
                 take a type that owns, or a plain reference to one"
            ),
        );
    }
    for argument in [
        "Cow<'static, str>",
        "&'static [&'static str]",
        "Option<&'static str>",
        "fn(&str) -> &str",
        "Box<dyn Fn(&str) -> u8 + Send>",
        "impl for<'x> Fn(&'x str) -> u8",
    ] {
        super::expanded(
            REFRESH,
            &format!("async fn f(name: {argument}, id: u64) -> u64 {{ name(id) }}"),
        );
    }
}

#[test]
fn references_that_are_taken_apart() {
    assert_fault(
        REFRESH,
        "async fn f(User { name, .. }: &User, id: u64) -> u64 { id }",
        "User { name, .. }",
        "`refresh_ahead` loads in the background, which outlives the call, and a reference that \
         is taken apart cannot be copied for it: give the argument a plain name",
    );
}

#[test]
fn who_is_to_blame() {
    for (strategy, cause) in [
        (
            "soft_timeout(\"1s\") + fail_safe(\"1h\")",
            "`soft_timeout` loads",
        ),
        ("my_strategy()", "a strategy of your own may load"),
    ] {
        assert_fault(
            &format!("key = \"{{id}}\", strategy = {strategy}"),
            "async fn f(pool: &mut Pool, id: u64) -> u64 { id }",
            "&mut Pool",
            &format!(
                "{cause} in the background, which outlives the call, and `pool` is borrowed \
                 mutably: take it by value, or as an `Arc` of something with a lock"
            ),
        );
    }
}
