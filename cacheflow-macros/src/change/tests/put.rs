//! What `#[cache_put]` refuses, and what each of its options becomes.

use super::{SAVE, assert_expands, assert_fault};
use crate::change::Kind::Put;

#[test]
fn nothing_to_put_into() {
    assert_fault(
        Put,
        "when = true",
        SAVE,
        "save",
        "`#[cache_put]` is told no entry to put into: name one like `find_user(user.id)`, or give \
         `key`",
    );
}

#[test]
fn nothing_to_put() {
    for item in [
        "async fn save(id: u64) {}",
        "async fn save(id: u64) -> () {}",
    ] {
        assert_fault(
            Put,
            "find(id)",
            item,
            "save",
            "`save` returns nothing, so there is nothing to put",
        );
    }
}

#[test]
fn an_entry_is_one() {
    assert_fault(
        Put,
        "find(*)",
        SAVE,
        "find",
        "one value cannot be put into all entries: name one, like `find_user(user.id)`",
    );
}

#[test]
fn values_that_are_none() {
    for (attribute, on, message) in [
        (
            "find(user.id), tags = [\"a\"]",
            "[\"a\"]",
            "`tags` goes with `key`: entries of a cached function have what its `#[cached]` says",
        ),
        (
            "find(user.id), ttl = \"5s\"",
            "\"5s\"",
            "`ttl` goes with `key`: entries of a cached function have what its `#[cached]` says",
        ),
        (
            "key = user.key()",
            "user.key()",
            "`key` takes the name of a cache, `:` and a key, as in `\"users:{id}\"`",
        ),
        (
            "key = \"users:{user.id}\", ttl = \"0s\"",
            "\"0s\"",
            "`ttl = \"0s\"` is out of range: it can be `1ms` to `366d`",
        ),
        (
            "key = \"users:{user.id}\", ttl = 5",
            "5",
            "`ttl` takes a text with a unit, like `ttl = \"90s\"`, or an expression of type \
             `Duration`",
        ),
        (
            "key = \"users:{user.id}\", tags = [5]",
            "5",
            "a tag is a text, like `\"org:{result.org_id}\"`",
        ),
    ] {
        assert_fault(Put, attribute, SAVE, on, message);
    }
}

#[test]
fn entries_are_begun_before_the_body() {
    assert_expands(
        Put,
        "find(user.id), named(&user.name) if user.is_named, self.other(user.id) if result.is_new",
        "async fn save(&self, user: User) -> Result<User, E> { self.db.save(user).await }",
        &[
            "let mut __cacheflow_put_0 = ::cacheflow::private::Put::into_entry(find::__cacheflow_entry(user.id));",
            "let __cacheflow_before_1: ::core::primitive::bool = user.is_named;",
            "let mut __cacheflow_put_1 = if (__cacheflow_before_1) {",
            "::cacheflow::private::Put::into_entry(named::__cacheflow_entry(&user.name))",
            "} else { ::cacheflow::private::Put::nothing() };",
            "self.other_cacheflow_entry(user.id)",
            "{ self.db.save(user).await }",
            "Outcome::Gave(__cacheflow_result) => {",
            "__cacheflow_put_0.gave(__cacheflow_result);",
            "__cacheflow_put_1.gave(__cacheflow_result);",
            "result.is_new }) { __cacheflow_put_2.leave(); }",
            "__cacheflow_put_2.gave(__cacheflow_result);",
            "Outcome::Nothing => { __cacheflow_put_0.forget(); __cacheflow_put_1.forget(); __cacheflow_put_2.forget(); }",
            "Outcome::Failed => { __cacheflow_put_0.leave(); __cacheflow_put_1.leave(); __cacheflow_put_2.leave(); }",
            "::cacheflow::private::settle([__cacheflow_put_0.any(), __cacheflow_put_1.any(), __cacheflow_put_2.any()]).await;",
        ],
    );
}

#[test]
fn the_place_of_a_late_entry_is_taken_before_the_body() {
    assert_expands(
        Put,
        "find(result.id), flow = db.flow",
        SAVE,
        &[
            "let __cacheflow_since = {",
            "&(db.flow);",
            "::cacheflow::private::Since::begin(__cacheflow_flow) };",
            "let mut __cacheflow_put_0 = ::cacheflow::private::Put::nothing();",
            "{ db.save(user).await }",
            "__cacheflow_put_0 = ::cacheflow::private::Put::into_entry((",
            "let result = __cacheflow_result;",
            "find::__cacheflow_entry(result.id)",
            ").since(&__cacheflow_since));",
            "__cacheflow_put_0.gave(__cacheflow_result);",
        ],
    );
}

#[test]
fn an_entry_of_a_named_cache_is_told_of_its_value() {
    assert_expands(
        Put,
        r#"key = "users:{user.id}", tags = ["a:{user.org}", "b:{result.org}"], ttl = "90s", flow = db.flow"#,
        SAVE,
        &[
            "write_key(&user.id, &mut __cacheflow_before_1);",
            "let __cacheflow_said = <::cacheflow::private::Saying as ::core::default::Default>::default();",
            r#"::cacheflow::private::Site::named("users");"#,
            "&(db.flow);",
            "__cacheflow_full_key.append(&__cacheflow_before_1);",
            r#"::cacheflow::private::keyed(__CACHEFLOW_SITE.at(""), __cacheflow_flow, &__cacheflow_full_key, &__cacheflow_said)"#,
            r#"__cacheflow_said.tags([::std::format!("a:{}", &user.org)]);"#,
            "__cacheflow_said.ttl(::core::time::Duration::new(90u64, 0u32));",
            "{ db.save(user).await }",
            r#"__cacheflow_said.tags([::std::format!("b:{}", &__cacheflow_result.org)]);"#,
            "__cacheflow_put_0.gave_value(__cacheflow_result);",
        ],
    );
}

#[test]
fn each_option_becomes_one_thing() {
    for (attribute, sequences) in [
        (
            "find(user.id), on_err",
            &["Outcome::Failed => { __cacheflow_put_0.forget(); }"][..],
        ),
        (
            "find(user.id), when = user.is_new",
            &[
                "let __cacheflow_when: ::core::primitive::bool = user.is_new;",
                "if (__cacheflow_when) { ::cacheflow::private::Put::into_entry(find::__cacheflow_entry(user.id)) }",
            ],
        ),
        (
            "find(user.id), unless = result.is_new",
            &[
                "let __cacheflow_unless: ::core::primitive::bool = {",
                "result.is_new };",
                "if __cacheflow_unless { __cacheflow_put_0.forget(); } else { __cacheflow_put_0.gave(__cacheflow_result); }",
            ],
        ),
        (
            "key = \"users:{user.id}\", ttl = user.ttl",
            &["__cacheflow_said.ttl(user.ttl);", "{ db.save(user).await }"],
        ),
    ] {
        assert_expands(Put, attribute, SAVE, sequences);
    }
}
