//! Messages about single options, and about their list.

use super::{FIND, assert_fault, faults};

const TAKES: &str = "`#[cached]` takes `bulkhead`, `cache`, `cache_aside`, `cache_err`, \
    `cache_none`, `circuit_breaker`, `codec`, `companions`, `compress`, `depends_on`, `distributed_lock`, `fail_safe`, \
    `flow`, `hard_timeout`, `invalidation_patterns`, `key`, `local`, `max_ttl`, `multi_level`, `receiver`, `refresh_ahead`, `schema_version`, `sensitive`, `skip`, \
    `soft_timeout`, `strategy`, `tags`, `ttl`, `ttl_from`, `unless`, `validate`, `versioned`, `visibility`, \
    `when`";

#[test]
fn unknown_option() {
    let message = format!("unknown option `tll`; did you mean `ttl`? {TAKES}");
    assert_fault(r#"tll = "1h", skip(pool)"#, FIND, "tll", &message);
    let message = format!("unknown option `type`; {TAKES}");
    assert_fault("type = 5", FIND, "type", &message);
}

#[test]
fn the_values_of_unknown_options_are_passed_over() {
    for (attribute, name) in [
        (r#"names = ["org:{org}", "all"], ttl = "1h""#, "names"),
        (
            r#"levels = multi_level(memory_ttl = "60s") + refresh_ahead(0.8), ttl = "1h""#,
            "levels",
        ),
        ("owner = ignore", "owner"),
        ("detach", "detach"),
    ] {
        let message = format!("unknown option `{name}`; {TAKES}");
        assert_fault(attribute, FIND, name, &message);
    }
}

#[test]
fn no_option_at_all() {
    let message = format!("expected an option: {TAKES}");
    assert_fault("\"users\"", FIND, "\"users\"", &message);
    assert_fault("ttl = \"1h\", , skip(pool)", FIND, ",", &message);
}

#[test]
fn an_option_given_twice() {
    assert_fault(
        "ttl = \"1h\", ttl = \"2h\"",
        FIND,
        "ttl",
        "`ttl` is given twice",
    );
    assert_fault(
        "skip(pool), skip(id)",
        FIND,
        "skip",
        "`skip` is given twice",
    );
}

#[test]
fn an_option_without_its_value() {
    for (attribute, name, example) in [
        ("cache", "cache", "cache = \"users\""),
        ("flow", "flow", "flow = self.flow"),
        ("key", "key", "key = \"{id}\""),
        ("skip", "skip", "skip(pool)"),
        (
            "strategy",
            "strategy",
            "strategy = multi_level + refresh_ahead(0.8)",
        ),
        ("ttl", "ttl", "ttl = \"90s\""),
        ("ttl =, skip(pool)", "ttl", "ttl = \"90s\""),
        ("ttl(90)", "ttl", "ttl = \"90s\""),
        ("skip = pool", "skip", "skip(pool)"),
        ("skip[pool]", "skip", "skip(pool)"),
    ] {
        let message = format!("`{name}` is written like `{example}`");
        assert_fault(attribute, FIND, name, &message);
    }
    for (attribute, on) in [
        ("skip(\"pool\")", "\"pool\""),
        ("skip(&pool)", "&"),
        ("skip(a.b)", "."),
    ] {
        assert_fault(attribute, FIND, on, "`skip` is written like `skip(pool)`");
    }
}

#[test]
fn a_value_that_is_no_expression_is_one_fault() {
    let found = faults("key = (a b), ttl = \"0s\"", FIND);
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!(found[0].0, "b");
    assert_eq!(found[1].0, "\"0s\"");
}

#[test]
fn a_missing_comma() {
    let message = "expected `,` after the option `ttl`";
    assert_fault("ttl = \"1h\" key = \"{id}\"", FIND, "key", message);
}

#[test]
fn cache() {
    let name = |length| format!("cache = \"{}\", skip(pool)", "n".repeat(length));
    assert!(
        super::super::cached(
            super::Kind::Cached,
            super::tokens(&name(1)),
            super::tokens(FIND)
        )
        .is_ok()
    );
    assert!(
        super::super::cached(
            super::Kind::Cached,
            super::tokens(&name(128)),
            super::tokens(FIND)
        )
        .is_ok()
    );
    let literal = format!("\"{}\"", "n".repeat(129));
    let message = "`cache` names a cache with 129 characters: it can have 1 to 128";
    assert_fault(&name(129), FIND, &literal, message);
    let message = "`cache` names a cache with 0 characters: it can have 1 to 128";
    assert_fault("cache = \"\"", FIND, "\"\"", message);
    let message = "`cache` names the cache \"a b\" with ' ': \
        a cache name takes letters and digits of ASCII, `_`, `.`, `@` and `-`";
    assert_fault("cache = \"a b\"", FIND, "\"a b\"", message);
    for forbidden in ["a:b", "ü", "a*", "a/b", "a\\n"] {
        assert_eq!(
            faults(&format!("cache = \"{forbidden}\""), FIND).len(),
            1,
            "{forbidden}"
        );
    }
    let message = "`cache` names the cache \"tag\", which is taken: a cache can have any name but \
        `invalidation`, `journal`, `lock`, `rd`, `tag`";
    assert_fault("cache = \"tag\"", FIND, "\"tag\"", message);
    let message = "`cache` takes a string literal, like `cache = \"users\"`";
    assert_fault("cache = NAME", FIND, "NAME", message);
    assert_fault("cache = b\"users\"", FIND, "b\"users\"", message);
    assert_fault(
        "cache = concat!(\"a\", \"b\")",
        FIND,
        "concat!(\"a\", \"b\")",
        message,
    );
}

#[test]
fn ttl() {
    let units = "the units are `ms`, `s`, `m` or `min`, `h` and `d`, as in `90s` or `1h30m`";
    for (value, message) in [
        ("", format!("is empty; {units}")),
        (
            "forever",
            format!("has no number before `forever`; {units}"),
        ),
        ("90", format!("has no unit after `90`; {units}")),
        (
            "1.5h",
            format!("has `.` after `1`, but numbers are whole; {units}"),
        ),
        ("5y", format!("has the unknown unit `y`; {units}")),
        (
            "0s",
            "is out of range: it can be `1ms` to `366d`".to_owned(),
        ),
        (
            "367d",
            "is out of range: it can be `1ms` to `366d`".to_owned(),
        ),
    ] {
        let literal = format!("\"{value}\"");
        let message = format!("`ttl = {literal}` {message}");
        assert_fault(&format!("ttl = {literal}"), FIND, &literal, &message);
    }
    let message =
        "`ttl` takes a text with a unit, like `ttl = \"90s\"`, or an expression of type `Duration`";
    assert_fault("ttl = 90", FIND, "90", message);
    assert_fault("ttl = 1.5", FIND, "1.5", message);
}

#[test]
fn all_faults_of_one_attribute_at_once() {
    let attribute =
        r#"tll = "1h", cache = "all users", key = "{idd}:{x y}", ttl = "0s", skip(pol), "a""#;
    let on: Vec<_> = faults(attribute, "unsafe fn find(pool: &Pool, id: u64) {}")
        .into_iter()
        .map(|(on, _)| on)
        .collect();
    let expected = [
        "tll",
        "\"a\"",
        "unsafe",
        "find",
        "\"all users\"",
        "\"0s\"",
        "pol",
        "\"{idd}:{x y}\"",
    ];
    assert_eq!(on, expected);
}
