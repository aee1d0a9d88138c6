//! What `#[cache_update]` refuses, and what each of its options becomes.

use super::{SAVE, assert_expands, assert_fault};
use crate::change::Kind::Update;

#[test]
fn nothing_to_touch() {
    assert_fault(
        Update,
        "entity = \"user\"",
        SAVE,
        "save",
        "`#[cache_update]` is told nothing to touch: give `parent` or `parents`, as in \
         `parent = \"user:{order.user_id}\"`",
    );
}

#[test]
fn parents_that_are_none() {
    let form = "expected the name of an entity, `:` and an id, as in `\"user:{id}\"`; or the id \
         alone, with `entity = \"user\"`";
    let parent = "a parent is a text, like `\"user:{order.user_id}\"`, or a `Parent`";
    for (attribute, on, message) in [
        ("parent = \"user\"", "\"user\"", format!("`parent` has \"user\": {form}")),
        (
            "parent = \"{user.kind}:{user.id}\"",
            "\"{user.kind}:{user.id}\"",
            format!("`parent` has \"{{user.kind}}:{{user.id}}\": {form}"),
        ),
        (
            "parents = [\"us er:{user.id}\"]",
            "\"us er:{user.id}\"",
            format!("`parents` has \"us er:{{user.id}}\": {form}"),
        ),
        ("parent = 5", "5", parent.to_owned()),
        ("parents = [5]", "5", parent.to_owned()),
        (
            "parent = \"{user.id}\", entity = user",
            "user",
            "`entity` takes a string literal, like `entity = \"user\"`".to_owned(),
        ),
        (
            "parent = \"{user.id}\", entity = \"us er\"",
            "\"us er\"",
            "`entity = \"us er\"` is no name of an entity: it can have 1 to 128 letters and digits \
             of ASCII, `_`, `.`, `@` and `-`"
                .to_owned(),
        ),
        (
            "parent = \"user:{order.user}\"",
            "\"user:{order.user}\"",
            "unknown argument `order` in `parent`; `save` takes `db`, `user`; \
             and there is `result`, what it gave"
                .to_owned(),
        ),
    ] {
        assert_fault(Update, attribute, SAVE, on, &message);
    }
}

#[test]
fn each_option_becomes_one_thing() {
    for (attribute, sequences) in [
        (
            "parent = \"user:{user.id}\"",
            &[
                "::cacheflow::private::Touch::begin(__cacheflow_flow)",
                "__cacheflow_touch.rows([::std::format!(\"user:{}\", &user.id)]);",
                "{ db.save(user).await }",
                "Outcome::Failed => { __cacheflow_touch.keep(); }",
                "__cacheflow_touch.end().await;",
            ][..],
        ),
        (
            "parents = [\"user:{result.id}\", parent(db)]",
            &[
                "__cacheflow_touch.rows([parent(db)]);",
                "{ db.save(user).await }",
                "if __cacheflow_touch.is_on() { __cacheflow_touch.rows([::std::format!(\"user:{}\", &__cacheflow_result.id)]); }",
            ],
        ),
        (
            "parents = user.parents()",
            &["__cacheflow_touch.rows(user.parents());"],
        ),
        (
            "entity = \"user\", parent = \"{user.id}\"",
            &["__cacheflow_touch.rows_of(\"user\", [::std::format!(\"{}\", &user.id)]);"],
        ),
        (
            "parent = \"user:7\", when = user.is_new",
            &[
                "if user.is_new { __cacheflow_touch.rows([::std::format!(\"user:7\",)]); } else { __cacheflow_touch.keep(); }",
            ],
        ),
        (
            "parent = \"user:7\", unless = result.is_new",
            &["result.is_new } { __cacheflow_touch.keep(); } else { } }"],
        ),
        (
            "parent = \"user:7\", flow = db.flow",
            &["let __cacheflow_flow: &::cacheflow::CacheFlow = &(db.flow);"],
        ),
    ] {
        assert_expands(Update, attribute, SAVE, sequences);
    }
}
