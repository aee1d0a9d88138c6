//! Templates of texts, such as tags: `org:{result.org_id}`.
//!
//! Unlike a key's, they are free: any text, any number of placeholders, `{{` and
//! `}}` for braces. Values are written as `format!` does.

use super::placeholder::{self, Placeholder};

/// A part of a text.
pub(crate) enum Piece {
    Text(String),
    Place(Placeholder),
}

/// Reads a template.
///
/// # Errors
///
/// All that is wrong with it, each the end of a message that begins with the
/// template. Faulty braces end the reading.
pub(crate) fn pieces(text: &str) -> Result<Vec<Piece>, Vec<String>> {
    if text.is_empty() {
        return Err(vec!["is empty".to_owned()]);
    }
    let (mut pieces, mut faults, mut fixed) = (Vec::new(), Vec::new(), String::new());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match c {
            '{' | '}' if rest.starts_with(c) => {
                rest = &rest[1..];
                fixed.push(c);
            }
            '{' => {
                let end = rest.find(['{', '}']);
                let Some(end) = end.filter(|end| rest[*end..].starts_with('}')) else {
                    faults.push("has a `{` without `}`".to_owned());
                    break;
                };
                if !fixed.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut fixed)));
                }
                match placeholder::read(&rest[..end]) {
                    Ok(place) => pieces.push(Piece::Place(place)),
                    Err(fault) if faults.contains(&fault) => {}
                    Err(fault) => faults.push(fault),
                }
                rest = &rest[end + 1..];
            }
            '}' => {
                faults.push("has a `}` without `{`".to_owned());
                break;
            }
            c => fixed.push(c),
        }
    }
    if !fixed.is_empty() {
        pieces.push(Piece::Text(fixed));
    }
    if faults.is_empty() {
        Ok(pieces)
    } else {
        Err(faults)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let pieces = pieces(text).unwrap_or_else(|faults| panic!("{text}: {faults:?}"));
        let pieces = pieces.iter().map(|piece| match piece {
            Piece::Text(text) => format!("'{text}'"),
            Piece::Place(place) => {
                let spec = place.spec.as_deref().unwrap_or("-");
                format!("{}+{}/{spec}", place.root, place.steps.len())
            }
        });
        pieces.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn texts_are_free_and_have_any_number_of_placeholders() {
        assert_eq!(shown("all"), "'all'");
        assert_eq!(shown("org:{result.org}"), "'org:' result+1/-");
        assert_eq!(shown("{a}{b:>4} {{c}}*?"), "a+0/- b+0/>4 ' {c}*?'");
    }

    #[test]
    fn every_fault_is_told() {
        for (text, fault) in [
            ("", "is empty"),
            ("{", "has a `{` without `}`"),
            ("a}", "has a `}` without `{`"),
            ("{a:?}", "has the format spec `?`"),
            ("{a b}", "has the placeholder `{a b}`"),
            ("{a:}", "has the format spec ``: it can be"),
            ("{a:w$}", "has the format spec `w$`: it can be"),
        ] {
            let Err(faults) = pieces(text) else {
                panic!("{text} was read")
            };
            assert_eq!(faults.len(), 1, "{text}: {faults:?}");
            assert!(faults[0].starts_with(fault), "{text}: {faults:?}");
        }
        let Err(faults) = pieces("{a b}{c-d}{a b}") else {
            panic!("it was read")
        };
        assert_eq!(faults.len(), 2);
    }
}
