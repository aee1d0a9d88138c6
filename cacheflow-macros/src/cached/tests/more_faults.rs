//! Messages about what is said of values, of companions and of how values are kept.

use super::{FIND, assert_fault, faults};

const PLAIN: &str = "async fn find(id: u64) -> User { load(id).await }";
const METHOD: &str = "async fn find(&self, id: u64) -> User { self.load(id).await }";

#[test]
fn tags() {
    for (tags, on, message) in [
        (
            "[5]",
            "5",
            "a tag is a text, like `\"org:{result.org_id}\"`",
        ),
        ("[\"\"]", "\"\"", "`tags` has \"\", which is empty"),
        (
            "[\"a:{id\"]",
            "\"a:{id\"",
            "`tags` has \"a:{id\", which has a `{` without `}`",
        ),
        (
            "[\"a:{idd}\"]",
            "\"a:{idd}\"",
            "unknown argument `idd` in `tags`; did you mean `id`? `find` takes `id`; and there is \
             `result`, what it gave",
        ),
    ] {
        assert_fault(&format!("tags = {tags}"), PLAIN, on, message);
    }
    let found = faults("tags = [\"{a b}{c?}\", \"}\", 7]", PLAIN);
    assert_eq!(found.len(), 4, "{found:?}");
}

#[test]
fn dependencies() {
    let names = "`depends_on` names entries, like `\"users:{id}\"` or `find_user(id)`";
    assert_fault("depends_on = [5]", PLAIN, "5", names);
    for key in ["users", "users:", "{id}:7", "all users:{id}"] {
        let literal = format!("\"{key}\"");
        let message = format!(
            "`depends_on` has {literal}: expected the name of a cache, `:` and a key, as in \
             `\"users:{{id}}\"`"
        );
        assert_fault(
            &format!("depends_on = [{literal}]"),
            PLAIN,
            &literal,
            &message,
        );
    }
}

#[test]
fn there_is_no_result_yet() {
    let message = "unknown argument `result` in `key`; `find` takes `id`";
    assert_fault("key = \"{result.id}\"", PLAIN, "\"{result.id}\"", message);
}

#[test]
fn receivers() {
    let message = "`receiver` goes with `self`, and `find` has none";
    assert_fault("receiver = ignore", PLAIN, "ignore", message);
    assert_fault("receiver = id", PLAIN, "id", message);
}

#[test]
fn versions() {
    let message = "unknown argument `x` in `versioned`; `find` takes `id`";
    assert_fault("versioned(x), key = id", PLAIN, "x", message);
    let message = "`versioned` names the arguments whose `updated_at` is the key's version";
    assert_fault("versioned()", PLAIN, "find", message);
    let message = "`versioned` tells versions of a row apart, and no rows: say with `key = …` \
        which row it is, like `key = \"{id.id}\"`";
    assert_fault("versioned(id)", PLAIN, "find", message);
    let message = "`versioned` is written like `versioned(article)`";
    assert_fault("versioned = id", PLAIN, "versioned", message);
}

#[test]
fn companions() {
    let message = "`companions` is written like `companions = false`";
    assert_fault("companions = 1", PLAIN, "1", message);
    let message = "the companions of `str` would hide the type `str`: write `companions = false`";
    assert_fault("", "async fn str(id: u64) -> u8 { 1 }", "str", message);
    let message = "`visibility` and `companions = false` contradict";
    assert_fault(
        "companions = false, visibility = pub",
        PLAIN,
        "pub",
        message,
    );
    let message =
        "`visibility` is that of companions: an associated function has some with `companions`";
    assert_fault(
        "receiver = ignore, visibility = pub",
        METHOD,
        "pub",
        message,
    );
    let message = "`visibility` is written like `visibility = pub(crate)`";
    for visibility in [
        "visibility",
        "visibility = ",
        "visibility = \"pub\"",
        "visibility(pub)",
    ] {
        assert_fault(visibility, PLAIN, "visibility", message);
    }
}

#[test]
fn how_values_are_written() {
    let message = "`compress` takes a number of bytes, or `false`: values are compressed above \
        1 KiB as it is";
    assert_fault("compress = true", PLAIN, "true", message);
    let message = "`compress` takes a whole number of type `usize`";
    assert_fault("compress = \"1KiB\"", PLAIN, "\"1KiB\"", message);
    let message = "`schema_version` takes a whole number of type `u32`";
    assert_fault("schema_version = 5000000000", PLAIN, "5000000000", message);
    for option in ["codec = Codec::Json", "compress = 1", "schema_version = 1"] {
        let (name, _) = option.split_once(' ').unwrap();
        let message = format!(
            "`{name}` and `local` contradict: values that stay in their process are not written"
        );
        assert_fault(&format!("local, {option}"), PLAIN, "find", &message);
        let message = format!(
            "`{name}` and a function that is not async contradict: values that stay in their \
             process are not written"
        );
        assert_fault(option, "fn find(id: u64) -> u8 { 1 }", "find", &message);
    }
}

#[test]
fn lifetimes_of_nothing() {
    for option in ["cache_none", "cache_err"] {
        let message = format!("`{option} = \"0s\"` is out of range: it can be `1ms` to `366d`");
        assert_fault(&format!("{option} = \"0s\""), PLAIN, "\"0s\"", &message);
        let message = format!(
            "`{option}` takes a text with a unit, like `{option} = \"90s\"`, or an expression of \
             type `Duration`"
        );
        assert_fault(&format!("{option} = 5"), PLAIN, "5", &message);
    }
}

#[test]
fn parts_of_strategies_on_their_own() {
    let message = "`refresh_ahead` and a strategy of your own contradict: say it within that";
    assert_fault(
        "skip(pool), strategy = STRATEGY, refresh_ahead = 0.8",
        FIND,
        "refresh_ahead",
        message,
    );
    let message = "`refresh_ahead` is given twice";
    let twice = "skip(pool), refresh_ahead = 0.5, strategy = refresh_ahead(0.8)";
    assert_fault(twice, FIND, "refresh_ahead", message);
    let message = "`hard_timeout` is written like `hard_timeout = \"2s\"`";
    let item = "async fn f(id: u64) -> Result<u8, Error> { Ok(1) }";
    assert_fault("hard_timeout = ", item, "hard_timeout", message);
}

#[test]
fn patterns_are_texts_that_can_be_read() {
    let message = "`invalidation_patterns` takes a list of texts, like `[\"user:*\", \"role:*\"]`";
    for on in ["7", "PATTERNS", "[]"] {
        let list = if on == "7" { "[7]" } else { on };
        let attribute = format!("invalidation_patterns = {list}");
        assert_fault(&attribute, PLAIN, on, message);
    }
    let message = "`invalidation_patterns` has \"a\\\\b\": allowed behind a `\\` are `*`, `?` and `\\`, and it is not empty";
    let attribute = r#"invalidation_patterns = ["a\\b"]"#;
    assert_fault(attribute, PLAIN, r#""a\\b""#, message);
}

#[test]
fn secrets_stand_in_no_tags() {
    let message = "`sensitive` hides what the key is made of, and a tag is readable everywhere: here it is a fixed text";
    let item = "async fn find(id: u64) -> u64 { id }";
    assert_fault(
        r#"sensitive, tags = ["user:{id}"]"#,
        item,
        r#""user:{id}""#,
        message,
    );
    for fine in [
        r#"sensitive, tags = ["users", "{{id}}"]"#,
        r#"sensitive = false, tags = ["user:{id}"]"#,
    ] {
        super::expanded(fine, item);
    }
}
