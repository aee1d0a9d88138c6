//! What all three attributes refuse.

use super::{SAVE, assert_fault, faults};
use crate::change::Kind::{self, Evict, Put, Update};

const ALL: [(Kind, &str); 3] = [
    (Evict, "find_user(user.id)"),
    (Put, "find_user(user.id)"),
    (Update, "parent = \"user:{user.id}\""),
];

#[test]
fn a_function_that_cannot_wait() {
    for (kind, attribute) in ALL {
        let name = kind.attribute();
        assert_fault(
            kind,
            attribute,
            "fn save(user: User) -> User { user }",
            "save",
            &format!(
                "`save` is not async and cannot wait for what `#[{name}]` does: write `async fn`"
            ),
        );
    }
}

#[test]
fn a_function_of_another_kind() {
    for (kind, attribute) in ALL {
        let name = kind.attribute();
        for (item, on, message) in [
            (
                "async unsafe fn save(user: User) -> User { user }",
                "unsafe",
                format!(
                    "`#[{name}]` does not work on unsafe functions: wrap the call in a safe function"
                ),
            ),
            (
                "extern \"C\" fn save(user: User) -> Pin<Box<dyn Future<Output = User>>> { user }",
                "extern \"C\"",
                format!(
                    "`#[{name}]` does not work on extern functions: wrap the call in a Rust function"
                ),
            ),
            (
                "const fn save(user: User) -> User { user }",
                "const",
                format!("`#[{name}]` does not work on const functions: they run while compiling"),
            ),
            (
                "async fn save(user: User) -> User;",
                "save",
                format!("`save` has no body: `#[{name}]` goes on the implementation"),
            ),
            (
                "async fn save(user: User) -> ! { loop {} }",
                "!",
                "`save` never returns".to_owned(),
            ),
            (
                "struct Save;",
                "struct",
                format!("`#[{name}]` works on functions only"),
            ),
        ] {
            assert_fault(kind, attribute, item, on, &message);
        }
    }
}

#[test]
fn when_knows_no_result() {
    for (kind, attribute) in ALL {
        let or = match kind {
            Update => "",
            _ => ", or `if …` behind an entry",
        };
        assert_fault(
            kind,
            &format!("{attribute}, when = result.is_new"),
            SAVE,
            "result.is_new",
            &format!(
                "`when` is asked before the body runs, and knows no `result`: write `unless = …`{or}"
            ),
        );
    }
}

#[test]
fn an_unknown_option_names_the_nearest() {
    assert_fault(
        Evict,
        "all, befor",
        SAVE,
        "befor",
        "unknown option `befor`; did you mean `before`? `#[cache_evict]` takes `all`, `before`, \
         `cache`, `flow`, `key`, `keys`, `local_only`, `on_err`, `pattern`, `patterns`, `tags`, \
         `unless`, `when`; an entry is named with parentheses, like `find_user(id)`",
    );
    assert_fault(
        Put,
        "find_user(user.id), tll = \"5s\"",
        SAVE,
        "tll",
        "unknown option `tll`; did you mean `ttl`? `#[cache_put]` takes `flow`, `key`, `on_err`, \
         `tags`, `ttl`, `unless`, `when`; an entry is named with parentheses, like `find_user(id)`",
    );
    assert_fault(
        Update,
        "parent = \"user:7\", entiy = \"user\"",
        SAVE,
        "entiy",
        "unknown option `entiy`; did you mean `entity`? `#[cache_update]` takes `entity`, `flow`, \
         `parent`, `parents`, `unless`, `when`",
    );
}

#[test]
fn an_option_is_written_in_one_way_and_once() {
    for (attribute, on, message) in [
        ("all, all", "all", "`all` is given twice"),
        (
            "all, tags(\"a\")",
            "tags",
            "`tags` is written like `tags = [\"org:{result.org_id}\"]`",
        ),
        ("all, before = 1", "1", "`before` is written like `before`"),
        (
            "all, when",
            "when",
            "`when` is written like `when = id != 0`",
        ),
        (
            "all before",
            "before",
            "expected `,` after the option `all`",
        ),
        (
            "all, 5",
            "5",
            "expected an option: `#[cache_evict]` takes `all`, `before`, `cache`, `flow`, \
          `key`, `keys`, `local_only`, `on_err`, `pattern`, `patterns`, `tags`, `unless`, `when`",
        ),
    ] {
        assert_fault(Evict, attribute, SAVE, on, message);
    }
}

#[test]
fn an_entry_is_a_call_with_a_condition() {
    for (attribute, on, message) in [
        ("find(user.id) if", "if", "expected a condition after `if`"),
        (
            "find(user.id) when x",
            "when",
            "expected `,`, or `if` and a condition, after an entry",
        ),
        (
            "user.find(1)",
            "user",
            "expected an attributed function with what its key is made of, like `find_user(id)` or \
             `Self::find(self, id)`",
        ),
    ] {
        let found = faults(Evict, attribute, SAVE);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].0.starts_with(on), "{found:?}");
        assert_eq!(found[0].1, message);
    }
}

#[test]
fn all_faults_are_told_at_once() {
    let found = faults(
        Evict,
        "key = \"users\", tags = [1], tags = [], pattern = 'x', cache = \"lock\", nothing",
        "fn save(id: u64) {}",
    );
    let on: Vec<_> = found.iter().map(|(on, _)| on.as_str()).collect();
    assert_eq!(
        on,
        [
            "tags",
            "nothing",
            "save",
            "\"users\"",
            "1",
            "'x'",
            "\"lock\""
        ],
        "{found:?}"
    );
}

/// Whoever calls it adds no errors of their own.
#[test]
fn a_function_with_a_fault_stays_as_it_was() {
    for (kind, _) in ALL {
        let expanded = super::super::expand(kind, super::tokens("nothing"), super::tokens(SAVE));
        let expanded = crate::tokens::flat(expanded);
        assert!(expanded.starts_with("::core::compile_error!"), "{expanded}");
        assert!(expanded.ends_with(&crate::tokens::flat(SAVE)), "{expanded}");
    }
}

/// An editor sees a body while it is written.
#[test]
fn a_body_that_does_not_parse_stays_in_place() {
    let body = "async fn save(user: User) { user. ; let = }";
    for (kind, attribute) in [ALL[0], ALL[2]] {
        let expanded = super::super::expand(kind, super::tokens(attribute), super::tokens(body));
        assert!(crate::tokens::flat(expanded).contains("{user.;let=}"));
    }
}
