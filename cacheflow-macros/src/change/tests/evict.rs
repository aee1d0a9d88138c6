//! What `#[cache_evict]` refuses, and what each of its options becomes.

use super::{SAVE, assert_expands, assert_fault};
use crate::change::Kind::Evict;

#[test]
fn nothing_to_forget() {
    let message = "`#[cache_evict]` is told nothing to forget: name an entry like `find_user(id)`, \
         or give `key`, `keys`, `tags`, `pattern`, `patterns`, `cache` or `all`";
    for attribute in [
        "",
        "before",
        "all = false",
        "when = true, on_err, local_only",
    ] {
        assert_fault(Evict, attribute, SAVE, "save", message);
    }
}

#[test]
fn before_forgets_whatever_comes_of_it() {
    assert_fault(
        Evict,
        "all, before, unless = result.kept",
        SAVE,
        "result.kept",
        "`before` and `unless` contradict: what was forgotten before the body runs is forgotten \
         again after it, whatever it gave",
    );
    assert_fault(
        Evict,
        "all, before, on_err",
        SAVE,
        "save",
        "`on_err` is what `before` does anyway: leave it out",
    );
}

#[test]
fn names_that_are_none() {
    let unknown = "; `save` takes `db`, `user`; and there is `result`, what it gave";
    for (attribute, on, message) in [
        (
            "key = \"users\"",
            "\"users\"",
            "`key` has \"users\": expected the name of a cache, `:` and a key, as in \
             `\"users:{id}\"`"
                .to_owned(),
        ),
        (
            "key = \"lock:{user.id}\"",
            "\"lock:{user.id}\"",
            "`key` names the cache \"lock\", which is taken: a cache can have any name but \
             `invalidation`, `journal`, `lock`, `rd`, `tag`"
                .to_owned(),
        ),
        (
            "key = 5",
            "5",
            "`key` names entries, like `\"users:{id}\"`".to_owned(),
        ),
        (
            "keys = [true]",
            "true",
            "`keys` names entries, like `\"users:{id}\"`".to_owned(),
        ),
        (
            "keys = [\"users:{id}\"]",
            "\"users:{id}\"",
            format!("unknown argument `id` in `keys`{unknown}"),
        ),
        (
            "tags = [1]",
            "1",
            "a tag is a text, like `\"org:{result.org_id}\"`".to_owned(),
        ),
        (
            "tags = \"org:{usr.org}\"",
            "\"org:{usr.org}\"",
            format!(
                "unknown argument `usr` in `tags`; did you mean `user`?{}",
                &unknown[1..]
            ),
        ),
        (
            "pattern = 5",
            "5",
            "a pattern is a text, like `\"feed:{id}:*\"`".to_owned(),
        ),
        (
            "pattern = \"feed:\\\\d{user.id}\"",
            "\"feed:\\\\d{user.id}\"",
            "`pattern` has \"feed:\\\\d\": allowed behind a `\\` are `*`, `?` and `\\`".to_owned(),
        ),
        (
            "patterns = [\"feed:{\"]",
            "\"feed:{\"",
            "`patterns` has \"feed:{\", which has a `{` without `}`".to_owned(),
        ),
        (
            "cache = name()",
            "name()",
            "`cache` takes a string literal, like `cache = \"users\"`".to_owned(),
        ),
        (
            "cache = \"\"",
            "\"\"",
            "`cache` names a cache with 0 characters: it can have 1 to 128".to_owned(),
        ),
        (
            "cache = \"a b\"",
            "\"a b\"",
            "`cache` names the cache \"a b\" with ' ': a cache name takes letters and digits of \
             ASCII, `_`, `.`, `@` and `-`"
                .to_owned(),
        ),
    ] {
        assert_fault(Evict, attribute, SAVE, on, &message);
    }
}

#[test]
fn entries_are_known_before_the_body_or_behind_it() {
    assert_expands(
        Evict,
        "find(user.id), all_of(*), Repo::find(db, result.id) if db.is_up, self::named(&user.name) if result.renamed",
        SAVE,
        &[
            "::cacheflow::private::global_flow()",
            "::cacheflow::private::Evict::begin(__cacheflow_flow)",
            "let __cacheflow_before_1: ::core::primitive::bool = db.is_up;",
            "__cacheflow_evict.sure().entry(find::key(user.id));",
            "__cacheflow_evict.sure().function(all_of::__cacheflow_cache_name());",
            "__cacheflow_evict.perhaps(3usize).entry(self::named::key(&user.name));",
            "{ db.save(user).await }",
            "Outcome::Gave(__cacheflow_result) => {",
            "if __cacheflow_evict.is_on() {",
            "if __cacheflow_before_1 {",
            "let result = __cacheflow_result;",
            "__cacheflow_evict.sure().entry(Repo::find_key(db, result.id));",
            "if !({",
            "let result = __cacheflow_result;",
            "result.renamed }) { __cacheflow_evict.rule_out(3usize); }",
            "Outcome::Nothing => {}",
            "Outcome::Failed => { __cacheflow_evict.keep(); }",
            "__cacheflow_evict.end().await;",
            "__cacheflow_returned",
        ],
    );
}

#[test]
fn templates_are_split_at_the_body() {
    assert_expands(
        Evict,
        r#"keys = ["users:{user.id}", "names:{user.name}:{result.name}"], tags = "org:{user.org}-{result.org}""#,
        SAVE,
        &[
            "let mut __cacheflow_before_1 = ::cacheflow::KeyBuf::new();",
            "write_key(&user.name, &mut __cacheflow_before_1);",
            r#"let __cacheflow_before_2 = ::std::format!("{}", &user.org);"#,
            "write_key(&user.id, &mut __cacheflow_full_key);",
            r#"__cacheflow_evict.sure().keys(::cacheflow::private::full_key("users", &__cacheflow_full_key));"#,
            "{ db.save(user).await }",
            "__cacheflow_full_key.append(&__cacheflow_before_1);",
            "write_key(&__cacheflow_result.name, &mut __cacheflow_full_key);",
            r#"::cacheflow::private::full_key("names", &__cacheflow_full_key)"#,
            r#"__cacheflow_evict.sure().tags([::std::format!("org:{}-{}", __cacheflow_before_2, &__cacheflow_result.org)]);"#,
        ],
    );
}

#[test]
fn values_in_patterns_match_themselves() {
    assert_expands(
        Evict,
        r#"pattern = "feed:{user.id}:*""#,
        SAVE,
        &[
            "__cacheflow_evict.sure().patterns([{",
            r#"__cacheflow_pattern.push_str("feed:");"#,
            "write_key(&user.id, &mut __cacheflow_part);",
            "::cacheflow::private::exactly(&__cacheflow_part)",
            "__cacheflow_pattern.push_str(&__cacheflow_before_1);",
            r#"__cacheflow_pattern.push_str(":*");"#,
            "{ db.save(user).await }",
        ],
    );
}

#[test]
fn each_option_becomes_one_thing() {
    for (attribute, sequences) in [
        ("all", &["__cacheflow_evict.sure().all();"][..]),
        (
            "cache = \"users\"",
            &["__cacheflow_evict.sure().cache(\"users\");"],
        ),
        (
            "keys = user.keys()",
            &["__cacheflow_evict.sure().keys(user.keys());"],
        ),
        (
            "key = user.key()",
            &[
                "{ let __cacheflow_full_key: ::cacheflow::key::FullKey = user.key(); __cacheflow_evict.sure().keys([__cacheflow_full_key]); }",
            ],
        ),
        (
            "tags = [tag(&user), \"a\"]",
            &[
                "__cacheflow_evict.sure().tags([tag(&user)]);",
                "__cacheflow_evict.sure().tags([::std::format!(\"a\",)]);",
            ],
        ),
        (
            "tags = user.tags()",
            &["__cacheflow_evict.sure().tags(user.tags());"],
        ),
        (
            "patterns = [pattern(&user)]",
            &["__cacheflow_evict.sure().patterns([pattern(&user)]);"],
        ),
        (
            "all, before",
            &[
                "__cacheflow_evict.now().await;",
                "{ db.save(user).await }",
                "Outcome::Failed => {}",
            ],
        ),
        (
            "all, on_err",
            &["Outcome::Nothing => {}", "Outcome::Failed => {}"],
        ),
        (
            "all, local_only",
            &["::cacheflow::private::Evict::begin(__cacheflow_flow).local_only()"],
        ),
        (
            "all, when = user.is_new",
            &[
                "if user.is_new { __cacheflow_evict.sure().all(); } else { __cacheflow_evict.keep(); }",
                "{ db.save(user).await }",
            ],
        ),
        (
            "all, unless = result.is_new",
            &[
                "{ db.save(user).await }",
                "if __cacheflow_evict.is_on() { if {",
                "let result = __cacheflow_result;",
                "result.is_new } { __cacheflow_evict.keep(); } else { } }",
            ],
        ),
        (
            "all, flow = db.flow",
            &["let __cacheflow_flow: &::cacheflow::CacheFlow = &(db.flow);"],
        ),
    ] {
        assert_expands(Evict, attribute, SAVE, sequences);
    }
}
