//! A text with places for fragments, each of which is kept by itself.
//!
//! A page is put together of fragments that change at their own pace. Each is a cached
//! value; where one is read within the load of the whole, the whole is forgotten
//! with it.
//!
//! ```
//! use cacheflow::{Cache, CacheFlow, Template};
//!
//! const PAGE: Template = Template::new("<h1>{{title}}</h1><ul>{{comments}}</ul>");
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let flow = CacheFlow::builder().build().await?;
//! let comments: Cache<u64, String> = flow.cache("comments").build()?;
//! // The digest in the key: another template makes other pages.
//! let pages: Cache<(u64, u64), String> = flow.cache("pages").build()?;
//! let page = pages
//!     .get_or_load(&(7, PAGE.digest()), async || {
//!         let list = comments.get_or_load(&7, async || Ok("<li>Hi".to_owned())).await
//!             .map_err(|error: cacheflow::LoadError<std::io::Error>| error.to_string())?;
//!         PAGE.render([("title", "Ada"), ("comments", &list)]).map_err(|error| error.to_string())
//!     })
//!     .await?;
//! assert_eq!(page, "<h1>Ada</h1><ul><li>Hi</ul>");
//!
//! let _ = comments.invalidate(&7).await?;
//! assert!(!pages.contains(&(7, PAGE.digest())).await);
//! # Ok(()) }
//! ```
//!
//! Not promised: escaping. A fragment is inserted as it is; whoever makes it of what
//! others have written escapes that.

use std::collections::BTreeMap;
use std::error::Error as StdError;
use std::fmt;

/// A constant text with places, `{{name}}`, for fragments.
///
/// A name is one or more of `[A-Za-z0-9_.-]`. A place can stand more than once.
/// Single braces, and `}}` without `{{` before it, are text as any other; `{{` that begins
/// no place is not possible, but in a fragment it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Template {
    text: &'static str,
    digest: u64,
}

impl Template {
    /// A template of this text.
    ///
    /// # Panics
    ///
    /// If `{{` begins no place. Where the template is a constant, it does not compile:
    ///
    /// ```compile_fail,E0080
    /// # use cacheflow::Template;
    /// const PAGE: Template = Template::new("<h1>{{title}</h1>");
    /// # let _ = PAGE;
    /// ```
    #[must_use]
    pub const fn new(text: &'static str) -> Self {
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            at = if opens(bytes, at) {
                end_of_place(bytes, at)
            } else {
                at + 1
            };
        }
        Self {
            text,
            digest: digest(bytes),
        }
    }

    /// A number made of the whole text, to be a part of keys. The same text has the
    /// same in every process and version; another has another, but for a chance of 1 in
    /// 2⁶⁴. It is no protection from somebody who looks for two texts with one digest.
    #[must_use]
    pub const fn digest(&self) -> u64 {
        self.digest
    }

    /// The names of its places, in their order; a place that stands twice is told twice.
    pub fn places(&self) -> impl Iterator<Item = &'static str> + use<> {
        parts(self.text).filter_map(|part| match part {
            Part::Place(name) => Some(name),
            Part::Text(_) => None,
        })
    }

    /// The text with a fragment in each place. Fragments are inserted as they are, and
    /// not searched for places.
    ///
    /// # Errors
    ///
    /// [`MissingFragment`] if a place has no fragment, a fragment no place, or a
    /// name more than one: nothing with a hole in it is ever kept.
    pub fn render<N: AsRef<str>, F: AsRef<str>>(
        &self,
        fragments: impl IntoIterator<Item = (N, F)>,
    ) -> Result<String, MissingFragment> {
        let mut faults = MissingFragment::default();
        let mut by_name = BTreeMap::new();
        for (name, fragment) in fragments {
            let name = name.as_ref().to_owned();
            if !self.places().any(|place| place == name) {
                faults.unknown.push(name);
            } else if by_name.insert(name.clone(), fragment).is_some() {
                faults.repeated.push(name);
            }
        }
        let mut text = String::with_capacity(self.text.len());
        for part in parts(self.text) {
            match part {
                Part::Text(part) => text.push_str(part),
                Part::Place(name) => match by_name.get(name) {
                    Some(fragment) => text.push_str(fragment.as_ref()),
                    None if faults.missing.contains(&name) => {}
                    None => faults.missing.push(name),
                },
            }
        }
        if faults == MissingFragment::default() {
            return Ok(text);
        }
        Err(faults)
    }
}

/// What kept a [`Template`] from being rendered: all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MissingFragment {
    /// Places without a fragment.
    pub missing: Vec<&'static str>,
    /// Fragments without a place.
    pub unknown: Vec<String>,
    /// Names of more than one fragment.
    pub repeated: Vec<String>,
}

impl fmt::Display for MissingFragment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let missing = self.missing.iter().map(|name| ("no fragment for", *name));
        let unknown = self
            .unknown
            .iter()
            .map(|name| ("no place for", name.as_str()));
        let repeated = self
            .repeated
            .iter()
            .map(|name| ("more than one", name.as_str()));
        for (index, (what, name)) in missing.chain(unknown).chain(repeated).enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{what} {name:?}")?;
        }
        Ok(())
    }
}

impl StdError for MissingFragment {}

enum Part {
    Text(&'static str),
    Place(&'static str),
}

/// The parts of a text whose places are known to be whole.
fn parts(text: &'static str) -> impl Iterator<Item = Part> + use<> {
    let mut pieces = text.split("{{");
    let head = pieces.next().map(Part::Text);
    let rest = pieces.flat_map(|piece| {
        let (name, text) = piece.split_once("}}").unwrap_or(("", piece));
        [Part::Place(name), Part::Text(text)]
    });
    head.into_iter().chain(rest)
}

const fn opens(bytes: &[u8], at: usize) -> bool {
    at + 1 < bytes.len() && bytes[at] == b'{' && bytes[at + 1] == b'{'
}

/// Where the place ends that begins at `at`.
const fn end_of_place(bytes: &[u8], at: usize) -> usize {
    let mut end = at + 2;
    while end < bytes.len() && is_of_name(bytes[end]) {
        end += 1;
    }
    assert!(
        end > at + 2,
        "`{{{{` in a template begins a place: `{{{{name}}}}`, of [A-Za-z0-9_.-]"
    );
    assert!(
        end + 1 < bytes.len() && bytes[end] == b'}' && bytes[end + 1] == b'}',
        "a place in a template ends with `}}}}` right after its name, of [A-Za-z0-9_.-]"
    );
    end + 2
}

const fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-')
}

/// FNV-1a of 64 bits: few others can be computed by the compiler.
const fn digest(bytes: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325;
    let mut at = 0;
    while at < bytes.len() {
        hash ^= bytes[at] as u64;
        hash = u64::wrapping_mul(hash, 0x0100_0000_01b3);
        at += 1;
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: Template = Template::new("<h1>{{title}}</h1>{{list}} {{title}}");

    #[test]
    fn each_place_gets_its_fragment_verbatim() {
        let html = [("list", "{{title}} {{x}} $1 \\n"), ("title", "Å & <b>")];
        let expected = "<h1>Å & <b></h1>{{title}} {{x}} $1 \\n Å & <b>";
        assert_eq!(PAGE.render(html).unwrap(), expected);
        assert_eq!(
            PAGE.places().collect::<Vec<_>>(),
            ["title", "list", "title"]
        );
    }

    #[test]
    fn all_that_is_wrong_is_named() {
        let given = [("lists", "1"), ("title", "2"), ("title", "3")];
        let error = PAGE.render(given).unwrap_err();
        assert_eq!(
            error.to_string(),
            "no fragment for \"list\"; no place for \"lists\"; more than one \"title\""
        );
        let error = PAGE.render::<&str, &str>([]).unwrap_err();
        assert_eq!(error.missing, ["title", "list"]);
    }

    #[test]
    fn a_text_without_places_is_itself() {
        for text in ["", "{", "{ {x}} }}", "a{b}c", "fn() {x; }}"] {
            let rendered = Template::new(text).render::<&str, &str>([]);
            assert_eq!(rendered.unwrap(), text);
        }
    }

    #[test]
    fn braces_beside_a_place_are_text() {
        let kept = Template::new("{ {{a}}} }}").render([("a", "x")]);
        assert_eq!(kept.unwrap(), "{ x} }}");
    }

    #[test]
    fn what_begins_no_place_is_refused() {
        let no_name = ["{{", "{{}}", "{{ a }}", "{{ä}}", "x{{a}}{{", "{{{a}}"];
        let no_end = ["{{a", "{{a}", "{{a b}}", "{{aä}}"];
        let refused = |text: &'static str| {
            let refused = std::panic::catch_unwind(|| Template::new(text)).unwrap_err();
            let said = refused.downcast_ref::<String>().map(String::as_str);
            said.or_else(|| refused.downcast_ref().copied())
                .unwrap()
                .to_owned()
        };
        for text in no_name {
            assert!(
                refused(text).contains("begins a place: `{{name}}`"),
                "{text}"
            );
        }
        for text in no_end {
            assert!(refused(text).contains("ends with `}}`"), "{text}");
        }
    }

    #[test]
    fn the_digest_is_the_same_in_every_process_and_another_for_another_text() {
        // Vectors that its authors have published.
        assert_eq!(Template::new("").digest(), 0xcbf2_9ce4_8422_2325);
        assert_eq!(Template::new("foobar").digest(), 0x8594_4171_f739_67e8);
        const CHANGED: u64 = Template::new("<h1>{{title}}</h1>{{list}}  {{title}}").digest();
        assert_ne!(CHANGED, PAGE.digest());
    }
}
