//! Messages about `key` and `skip`.

use super::{FIND, assert_fault, faults};

#[track_caller]
fn assert_template_fault(template: &str, message: &str) {
    let literal = format!("\"{template}\"");
    assert_fault(
        &format!("key = {literal}"),
        FIND,
        &literal,
        &format!("`key = {literal}` {message}"),
    );
}

#[test]
fn templates() {
    for (template, message) in [
        (
            "",
            "is empty: name what identifies the value, as in `key = \"{id}\"`",
        ),
        (
            "a::{id}",
            "has an empty segment: there must be something on both sides of each `:`",
        ),
        ("{id", "has a `{` without `}`"),
        ("id}", "has a `}` without `{`"),
        (
            "{{id}}",
            "has `{{` or `}}`: braces cannot be escaped in a key",
        ),
        (
            "{id:?}",
            "has the format spec `?`: \
             `Debug` shows values that differ as the same, and secrets as they are",
        ),
        (
            "{pool}-{id}",
            "has two placeholders in one segment, whose texts could run together: \
             put `:` between them, as in `{a}:{b}`",
        ),
        (
            "user {id}",
            "has ' ' in its fixed text, which can be \
             letters and digits of ASCII, `_`, `.`, `@` and `-`",
        ),
        (
            "{id.pow(2)}",
            "has the placeholder `{id.pow(2)}`, which is not an argument's name, alone or \
             followed by fields and methods without arguments, as in `{id}`, `{user.org}`, \
             `{user.id()}` or `{pair.0}`",
        ),
    ] {
        assert_template_fault(template, message);
    }
}

#[test]
fn each_fault_of_a_template_is_told() {
    let found = faults("key = \"{pool}{id}: :{id:?}:{pol}\"", FIND);
    // Names are looked up only once the template can be read.
    assert_eq!(found.len(), 3, "{found:?}");
    assert_eq!(faults("key = \"{pol}:{idd}\"", FIND).len(), 2);
}

#[test]
fn unknown_arguments() {
    let message = "unknown argument `idd` in `key`; did you mean `id`? `find` takes `pool`, `id`";
    assert_fault("key = \"{idd}\"", FIND, "\"{idd}\"", message);
    let message = "unknown argument `user` in `key`; `find` takes `pool`, `id`";
    assert_fault("key = \"{user.id}\"", FIND, "\"{user.id}\"", message);
    let message = "unknown argument `self` in `key`; `f` takes no arguments";
    assert_fault(
        "key = \"{self.id}\"",
        "async fn f() -> u8 { 1 }",
        "\"{self.id}\"",
        message,
    );
    let message = "unknown argument `x` in `key`; `f` takes `self`, `type`";
    let method = "async fn f(&self, r#type: u8) -> u8 { 1 }";
    assert_fault("key = \"{x}\"", method, "\"{x}\"", message);
}

#[test]
fn a_key_that_is_the_same_for_every_call() {
    let message = "the key of `find` is the same for every call and ignores `pool`, `id`: \
        use what matters in the key, or write `skip(pool, id)`";
    for key in ["\"all\"", "(\"all\")", "7", "b\"all\""] {
        assert_fault(&format!("key = {key}"), FIND, key, message);
    }
    let message = "the key of `find` is the same for every call and ignores `id`: \
        use what matters in the key, or write `skip(id)`";
    assert_fault("key = \"all\", skip(pool)", FIND, "\"all\"", message);
    // A list that cannot be read might have named them all.
    assert_eq!(faults("key = \"all\", skip = pool", FIND).len(), 1);
}

#[test]
fn skip() {
    let message =
        "unknown argument `pol` in `skip`; did you mean `pool`? `find` takes `pool`, `id`";
    assert_fault("skip(pol)", FIND, "pol", message);
    assert_fault(
        "skip(pool, pool)",
        FIND,
        "pool",
        "`skip` names `pool` twice",
    );
    let message = "`skip` and `key` contradict: `key` uses `pool`";
    assert_fault(
        "key = \"{pool.name}:{id}\", skip(pool)",
        FIND,
        "pool",
        message,
    );
    let message = "`self` cannot be skipped: say with `key = …` what identifies it";
    let method = "async fn f(&self, id: u8) -> u8 { 1 }";
    assert_fault("key = \"{id}\", skip(self)", method, "self", message);
    // `self` is no argument that a list of arguments should offer here.
    let message = "unknown argument `x` in `skip`; `f` takes `id`";
    assert_fault("key = \"{id}\", skip(x)", method, "x", message);
}

#[test]
fn arguments_without_a_name() {
    let message = "an argument without a name cannot be part of the key: give it a plain name, \
        or say with `key = …` what the key is";
    for pattern in ["_", "(a, b)", "Id(a)", "&a", "[a, b]", "a @ (_, _)"] {
        let item = format!("async fn f({pattern}: Id, c: u8) -> u8 {{ 1 }}");
        assert_fault("", &item, pattern, message);
        assert!(
            super::super::cached(
                super::Kind::Cached,
                super::tokens("key = \"{c}\""),
                super::tokens(&item)
            )
            .is_ok()
        );
    }
    for pattern in ["a", "mut a", "ref a"] {
        let item = format!("async fn f({pattern}: Id) -> u8 {{ 1 }}");
        super::assert_expands("", &item, &["write_key(&a, &mut"]);
    }
}

#[test]
fn names_within_patterns_can_be_used() {
    let item = "async fn f((a, Id { b, c: [d, ..] }): T) -> u8 { 1 }";
    super::assert_expands(
        "key = \"{a}:{b}:{d}\"",
        item,
        &["(&a, &mut", "(&b, &mut", "(&d, &mut"],
    );
    let message = "unknown argument `c` in `key`; `f` takes `a`, `b`, `d`";
    assert_fault("key = \"{c}\"", item, "\"{c}\"", message);
}

#[test]
fn a_receiver_needs_a_key() {
    let message = "`f` has a receiver: say what identifies it with `key = …`, like \
        `key = \"{self.id}\"`, or with `receiver = self.id`; or `receiver = ignore`";
    for receiver in [
        "&self",
        "self",
        "mut self",
        "&mut self",
        "&'a self",
        "self: Arc<Self>",
    ] {
        let item = format!("async fn f({receiver}, id: u64, _: u8) -> u64 {{ id }}");
        assert_fault("", &item, receiver, message);
        super::assert_expands(
            "key = \"{self.id}:{id}\"",
            &item,
            &["write_key(&self.id, &mut", "write_key(&id, &mut"],
        );
        super::assert_expands("key = self.id", &item, &["write_key(&(self.id), &mut"]);
    }
}
