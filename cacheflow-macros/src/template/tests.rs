//! What is read, and every message.

use super::{Placeholder, Segment, Step, parse};

fn shown(placeholder: &Placeholder) -> String {
    placeholder
        .steps
        .iter()
        .fold(placeholder.root.to_string(), |text, step| match step {
            Step::Field(name) => format!("{text}.{name}"),
            Step::Method(name) => format!("{text}.{name}()"),
            Step::Index(index) => format!("{text}.{index}"),
        })
}

fn read(text: &str) -> Vec<String> {
    let segments = parse(text).unwrap_or_else(|faults| panic!("{text}: {faults:?}"));
    segments
        .iter()
        .map(
            |Segment {
                 before,
                 placeholder,
                 after,
             }| {
                let inside = placeholder.as_ref().map_or_else(|| "-".to_owned(), shown);
                format!("{before}|{inside}|{after}")
            },
        )
        .collect()
}

fn faults(text: &str) -> Vec<String> {
    match parse(text) {
        Ok(_) => panic!("{text} was read"),
        Err(faults) => faults,
    }
}

fn fault(text: &str) -> String {
    let mut faults = faults(text);
    assert_eq!(faults.len(), 1, "{text}: {faults:?}");
    faults.remove(0)
}

#[test]
fn segments_and_placeholders() {
    assert_eq!(read("{id}"), ["|id|"]);
    assert_eq!(read("all"), ["all|-|"]);
    assert_eq!(read("{org}:user-{id}.v1"), ["|org|", "user-|id|.v1"]);
    assert_eq!(
        read("{user.org.id()}:{pair.0.1}:{self.tenant}:{self}"),
        ["|user.org.id()|", "|pair.0.1|", "|self.tenant|", "|self|"]
    );
    assert_eq!(
        read("{r#type.r#fn}:{type}:{_x}:{größe}"),
        ["|r#type.r#fn|", "|type|", "|_x|", "|größe|"]
    );
}

#[test]
fn braces() {
    for text in ["{{id}}", "a{{", "}}a", "{id}}}"] {
        assert_eq!(
            fault(text),
            "has `{{` or `}}`: braces cannot be escaped in a key",
            "{text}"
        );
    }
    for text in ["{id", "a:{", "{a{b}", "{a:{b}"] {
        assert_eq!(fault(text), "has a `{` without `}`", "{text}");
    }
    for text in ["id}", "{id}:}"] {
        assert_eq!(fault(text), "has a `}` without `{`", "{text}");
    }
}

#[test]
fn format_specs() {
    for text in [
        "{id:?}",
        "{id:#?}",
        "{id:}",
        "{Kind::A}",
        "{id:.}",
        "{id:w$}",
        "{id:y}",
    ] {
        assert!(fault(text).starts_with("has the format spec `"), "{text}");
    }
    let spec = |text: &str| {
        let segments = parse(text).unwrap_or_else(|faults| panic!("{text}: {faults:?}"));
        segments[0].placeholder.as_ref().unwrap().spec.clone()
    };
    assert_eq!(spec("{id}"), None);
    for known in [">8", "*^8", "08", ".2", "+", "#x", "8.3e", "08.3", "<"] {
        assert_eq!(spec(&format!("{{id:{known}}}")).as_deref(), Some(known));
    }
}

#[test]
fn two_placeholders_in_a_segment() {
    for text in ["{a}{b}", "{a}-{b}", "x{a}y{b}z", "{a}{b}{c}"] {
        assert!(
            fault(text).starts_with("has two placeholders in one segment"),
            "{text}"
        );
    }
}

#[test]
fn not_a_path() {
    for text in [
        "{}",
        "{0}",
        "{ id }",
        "{id.}",
        "{.id}",
        "{id()}",
        "{a.b(1)}",
        "{a.b[0]}",
        "{a.00}",
        "{a.await}",
        "{a.self}",
        "{a/**/}",
        "{&a}",
        "{self()}",
        "{a.4294967296}",
        "{r#}",
        "{a b}",
        "{a.fn}",
    ] {
        assert!(fault(text).starts_with("has the placeholder `{"), "{text}");
    }
}

#[test]
fn fixed_text() {
    assert_eq!(
        fault("a b c"),
        "has ' ' in its fixed text, which can be letters and digits of ASCII, `_`, `.`, `@` and `-`"
    );
    assert_eq!(faults("{id}/ü").len(), 2);
}

#[test]
fn emptiness() {
    assert!(fault("").starts_with("is empty"));
    for text in [":", "a:", ":a", "a::{b}"] {
        assert!(fault(text).starts_with("has an empty segment"), "{text}");
    }
}

#[test]
fn all_faults_at_once() {
    assert_eq!(faults("{a}{b}: :{id:?}:{0}").len(), 4);
}
