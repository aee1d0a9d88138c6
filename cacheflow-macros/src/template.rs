//! Templates: of keys, `{user.org}:user-{id}`, and of [texts](text).
//!
//! Only the text is judged here; whether the names are arguments is the
//! caller's to check. A segment takes one placeholder at most, because the
//! texts of two could run together: `{a}{b}` of `("1", "23")` and `("12", "3")`.

mod placeholder;
#[cfg(test)]
mod tests;
mod text;

pub(crate) use placeholder::{Placeholder, Step};
pub(crate) use text::{Piece, pieces};

/// What stands between two `:`.
pub(crate) struct Segment {
    pub(crate) before: String,
    pub(crate) placeholder: Option<Placeholder>,
    pub(crate) after: String,
}

/// Whether a character may stand in a cache name or in a key's fixed text:
/// what a key's segment does not escape, so that the text stays readable.
pub(crate) fn plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '@' | '-')
}

/// How messages name the characters for which [`plain`] holds.
pub(crate) const PLAIN: &str = "letters and digits of ASCII, `_`, `.`, `@` and `-`";

/// Reads a template.
///
/// # Errors
///
/// All that is wrong with it, each the end of a message that begins with the
/// template. Faulty braces end the reading: what follows them would be guessed.
pub(crate) fn parse(text: &str) -> Result<Vec<Segment>, Vec<String>> {
    if text.is_empty() {
        return Err(vec![
            "is empty: name what identifies the value, as in `key = \"{id}\"`".to_owned(),
        ]);
    }
    let mut reader = Reader::default();
    reader.read(text);
    if reader.faults.is_empty() {
        Ok(reader.segments)
    } else {
        Err(reader.faults)
    }
}

#[derive(Default)]
struct Reader {
    segments: Vec<Segment>,
    faults: Vec<String>,
    before: String,
    // A faulty placeholder counts too: its segment is not empty, and a second
    // one beside it is still one too many.
    placeholders: Vec<Option<Placeholder>>,
    after: String,
}

impl Reader {
    fn read(&mut self, text: &str) {
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            rest = &rest[c.len_utf8()..];
            match c {
                '{' | '}' if rest.starts_with(c) => {
                    return self.fault("has `{{` or `}}`: braces cannot be escaped in a key");
                }
                '}' => return self.fault("has a `}` without `{`"),
                '{' => {
                    let Some(end) = rest
                        .find(['{', '}'])
                        .filter(|end| rest[*end..].starts_with('}'))
                    else {
                        return self.fault("has a `{` without `}`");
                    };
                    self.placeholder(&rest[..end]);
                    rest = &rest[end + 1..];
                }
                ':' => self.end_segment(),
                c => self.fixed(c),
            }
        }
        self.end_segment();
    }

    fn fixed(&mut self, c: char) {
        if !plain(c) {
            self.fault(&format!(
                "has {c:?} in its fixed text, which can be {PLAIN}"
            ));
        }
        if self.placeholders.is_empty() {
            self.before.push(c);
        } else {
            self.after.push(c);
        }
    }

    fn placeholder(&mut self, text: &str) {
        let read = placeholder::read(text);
        if let Err(fault) = &read {
            self.fault(fault);
        }
        self.placeholders.push(read.ok());
    }

    fn end_segment(&mut self) {
        let before = std::mem::take(&mut self.before);
        let after = std::mem::take(&mut self.after);
        let mut placeholders = std::mem::take(&mut self.placeholders);
        if placeholders.len() > 1 {
            self.fault(
                "has two placeholders in one segment, whose texts could run together: \
                 put `:` between them, as in `{a}:{b}`",
            );
        }
        if before.is_empty() && placeholders.is_empty() {
            self.fault("has an empty segment: there must be something on both sides of each `:`");
        }
        self.segments.push(Segment {
            before,
            placeholder: placeholders.pop().flatten(),
            after,
        });
    }

    fn fault(&mut self, message: &str) {
        // One fault in several segments is told once.
        if !self.faults.iter().any(|fault| fault == message) {
            self.faults.push(message.to_owned());
        }
    }
}
