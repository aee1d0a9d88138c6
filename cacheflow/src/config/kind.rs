//! Kinds of values: how each is read from what people write, and written again.

use std::path::PathBuf;
use std::time::Duration;

use super::secret::Secret;
use super::tree::Tree;
use crate::strategy::read_duration;

/// A way of writing values of type `T`.
pub(super) trait Kind<T> {
    /// The value that is meant.
    ///
    /// # Errors
    ///
    /// What is wrong, and what would be right.
    fn read(tree: &Tree) -> Result<T, String>;

    /// The same value, as a person would write it.
    fn write(value: &T) -> Tree;
}

fn other<T>(tree: &Tree, allowed: &str) -> Result<T, String> {
    let value = match tree {
        Tree::Bool(value) => format!("{value}"),
        Tree::Integer(value) => format!("{value}"),
        Tree::Float(value) => format!("{value}"),
        Tree::Text(value) | Tree::Variable(value) => format!("{value:?}"),
        tree => tree.what().to_owned(),
    };
    Err(format!("{value} cannot be read: allowed is {allowed}"))
}

/// `true` or `false`.
pub(super) struct Switch;

impl Kind<bool> for Switch {
    fn read(tree: &Tree) -> Result<bool, String> {
        match tree {
            Tree::Bool(value) => Ok(*value),
            Tree::Variable(text) => match text.to_ascii_lowercase().as_str() {
                "true" | "on" | "yes" | "1" => Ok(true),
                "false" | "off" | "no" | "0" => Ok(false),
                _ => other(tree, "true or false"),
            },
            _ => other(tree, "true or false"),
        }
    }

    fn write(value: &bool) -> Tree {
        Tree::Bool(*value)
    }
}

/// A duration: `"90s"`, `"1h 30m"`, or a number of seconds.
pub(super) struct Span;

impl Kind<Duration> for Span {
    fn read(tree: &Tree) -> Result<Duration, String> {
        let allowed = "a duration like \"90s\" or \"1h 30m\", or a number of seconds";
        let seconds = |number: f64| {
            Duration::try_from_secs_f64(number).map_err(|why| {
                format!("{number} seconds cannot be read: {why}; allowed is {allowed}")
            })
        };
        match tree {
            Tree::Integer(number) => match u64::try_from(*number) {
                Ok(number) => Ok(Duration::from_secs(number)),
                Err(_) => other(tree, allowed),
            },
            Tree::Float(number) => seconds(*number),
            Tree::Variable(text) => match text.trim().parse::<f64>() {
                Ok(number) => seconds(number),
                Err(_) => read_duration(text),
            },
            Tree::Text(text) => read_duration(text),
            _ => other(tree, allowed),
        }
    }

    fn write(value: &Duration) -> Tree {
        Tree::Text(humantime::format_duration(*value).to_string())
    }
}

/// A number of bytes: `"100 MiB"`, `"64kb"`, or a plain number.
pub(super) struct Bytes;

impl Kind<u64> for Bytes {
    fn read(tree: &Tree) -> Result<u64, String> {
        let allowed = "a size like \"100 MiB\" or \"64kb\", or a number of bytes";
        match tree {
            Tree::Integer(number) => u64::try_from(*number).or_else(|_| other(tree, allowed)),
            Tree::Text(text) | Tree::Variable(text) => {
                parse_size::parse_size(text).or_else(|_| other(tree, allowed))
            }
            _ => other(tree, allowed),
        }
    }

    fn write(value: &u64) -> Tree {
        let units = [
            (1 << 40, "TiB"),
            (1 << 30, "GiB"),
            (1 << 20, "MiB"),
            (1 << 10, "KiB"),
        ];
        let whole = |(unit, _): &&(u64, &str)| *value >= *unit && value.is_multiple_of(*unit);
        match units.iter().find(whole) {
            Some((unit, name)) => Tree::Text(format!("{} {name}", value / unit)),
            None => Tree::Integer((*value).into()),
        }
    }
}

impl Kind<usize> for Bytes {
    fn read(tree: &Tree) -> Result<usize, String> {
        let bytes: u64 = Self::read(tree)?;
        usize::try_from(bytes).or_else(|_| other(tree, "what fits into the memory of a machine"))
    }

    fn write(value: &usize) -> Tree {
        Self::write(&(*value as u64))
    }
}

/// A whole number.
pub(super) struct Count;

impl<T> Kind<T> for Count
where
    T: TryFrom<i128> + Into<i128> + Copy,
{
    fn read(tree: &Tree) -> Result<T, String> {
        let number = match tree {
            Tree::Integer(number) => Some(*number),
            Tree::Variable(text) => text.trim().parse().ok(),
            _ => None,
        };
        let number = number.and_then(|number| T::try_from(number).ok());
        number.map_or_else(|| other(tree, "a whole number in its range"), Ok)
    }

    fn write(value: &T) -> Tree {
        Tree::Integer((*value).into())
    }
}

/// A whole number of things that lie in memory.
pub(super) struct Places;

impl Kind<usize> for Places {
    fn read(tree: &Tree) -> Result<usize, String> {
        let number: u64 = Count::read(tree)?;
        usize::try_from(number).or_else(|_| other(tree, "a whole number in its range"))
    }

    fn write(value: &usize) -> Tree {
        Tree::Integer(*value as i128)
    }
}

/// A number with a point.
pub(super) struct Share;

impl Kind<f64> for Share {
    fn read(tree: &Tree) -> Result<f64, String> {
        let number = match tree {
            Tree::Float(number) => Some(*number),
            #[allow(clippy::cast_precision_loss, reason = "no share has so many digits")]
            Tree::Integer(number) => Some(*number as f64),
            Tree::Variable(text) => text.trim().parse().ok(),
            _ => None,
        };
        number.map_or_else(|| other(tree, "a number"), Ok)
    }

    fn write(value: &f64) -> Tree {
        Tree::Float(*value)
    }
}

/// A text.
pub(super) struct Text;

impl Kind<String> for Text {
    fn read(tree: &Tree) -> Result<String, String> {
        match tree {
            Tree::Text(text) | Tree::Variable(text) => Ok(text.clone()),
            _ => other(tree, "a text"),
        }
    }

    fn write(value: &String) -> Tree {
        Tree::Text(value.clone())
    }
}

/// The path of a file.
pub(super) struct File;

impl Kind<PathBuf> for File {
    fn read(tree: &Tree) -> Result<PathBuf, String> {
        Text::read(tree).map(PathBuf::from)
    }

    fn write(value: &PathBuf) -> Tree {
        Tree::Text(value.to_string_lossy().into_owned())
    }
}

/// A text that no message shows.
pub(super) struct Hidden;

impl Kind<Secret> for Hidden {
    fn read(tree: &Tree) -> Result<Secret, String> {
        match tree {
            Tree::Text(text) | Tree::Variable(text) => Ok(Secret::new(text)),
            tree => Err(format!("{} cannot be read: allowed is a text", tree.what())),
        }
    }

    fn write(value: &Secret) -> Tree {
        Tree::Text(value.expose().to_owned())
    }
}

/// A list of such, or one; with commas between them in a variable.
pub(super) struct HiddenList;

impl Kind<Vec<Secret>> for HiddenList {
    fn read(tree: &Tree) -> Result<Vec<Secret>, String> {
        match tree {
            Tree::List(list) => list.iter().map(Hidden::read).collect(),
            Tree::Variable(text) => Ok(parts(text, ',').map(Secret::new).collect()),
            _ => Hidden::read(tree).map(|one| vec![one]),
        }
    }

    fn write(value: &Vec<Secret>) -> Tree {
        Tree::List(value.iter().map(Hidden::write).collect())
    }
}

/// A list of texts, or one; with commas between them in a variable.
pub(super) struct Texts;

impl Kind<Vec<String>> for Texts {
    fn read(tree: &Tree) -> Result<Vec<String>, String> {
        match tree {
            Tree::List(list) => list.iter().map(Text::read).collect(),
            Tree::Variable(text) => Ok(parts(text, ',').map(str::to_owned).collect()),
            _ => Text::read(tree).map(|one| vec![one]),
        }
    }

    fn write(value: &Vec<String>) -> Tree {
        Tree::List(value.iter().map(Text::write).collect())
    }
}

/// Names with `+` between them, or in a list.
pub(super) struct Names;

impl Kind<Vec<String>> for Names {
    fn read(tree: &Tree) -> Result<Vec<String>, String> {
        let names = Texts::read(tree)?;
        let names = names.iter().flat_map(|names| parts(names, '+'));
        Ok(names.map(str::to_owned).collect())
    }

    fn write(value: &Vec<String>) -> Tree {
        Tree::Text(value.join(" + "))
    }
}

fn parts(text: &str, between: char) -> impl Iterator<Item = &str> {
    let parts = text.split(between).map(str::trim);
    parts.filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Tree {
        Tree::Text(text.to_owned())
    }

    fn variable(text: &str) -> Tree {
        Tree::Variable(text.to_owned())
    }

    #[test]
    fn durations_as_people_write_them() {
        for (tree, ms) in [
            (text("90s"), 90_000),
            (text("1h 30m"), 5_400_000),
            (Tree::Integer(90), 90_000),
            (Tree::Float(0.25), 250),
            (variable("90"), 90_000),
            (variable("0"), 0),
            (variable("60000ms"), 60_000),
        ] {
            assert_eq!(Span::read(&tree), Ok(Duration::from_millis(ms)), "{tree:?}");
        }
        for tree in [
            text("90"),
            text("soon"),
            Tree::Integer(-1),
            Tree::Float(-0.5),
            Tree::Bool(true),
        ] {
            let fault = Span::read(&tree).unwrap_err();
            assert!(fault.contains("cannot be read"), "{fault}");
        }
    }

    #[test]
    fn sizes_as_people_write_them() {
        for (tree, bytes) in [
            (text("100 MiB"), 100_u64 << 20),
            (text("64kb"), 64_000),
            (text("64 KiB"), 65_536),
            (text("1.5 GiB"), 3 << 29),
            (Tree::Integer(7), 7),
            (variable("1024"), 1024),
        ] {
            assert_eq!(Bytes::read(&tree), Ok(bytes), "{tree:?}");
        }
        for tree in [text("much"), text(""), Tree::Integer(-1), Tree::Float(1.5)] {
            let fault = <Bytes as Kind<u64>>::read(&tree).unwrap_err();
            assert!(
                fault.contains("allowed is a size like \"100 MiB\""),
                "{fault}"
            );
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        for bytes in [0, 1, 1023, 1024, 1_000_000, 5 << 20, u64::MAX] {
            assert_eq!(Bytes::read(&Bytes::write(&bytes)), Ok(bytes));
        }
        for ms in [0, 1, 999, 60_000, 5_400_001] {
            let span = Duration::from_millis(ms);
            assert_eq!(Span::read(&Span::write(&span)), Ok(span));
        }
        let names = vec!["multi-level".to_owned(), "refresh-ahead".to_owned()];
        assert_eq!(Names::read(&Names::write(&names)), Ok(names));
    }

    #[test]
    fn variables_have_no_types() {
        assert_eq!(Switch::read(&variable("OFF")), Ok(false));
        assert_eq!(Switch::read(&variable("1")), Ok(true));
        assert!(Switch::read(&text("true")).is_err());
        assert_eq!(Count::read(&variable(" 12 ")), Ok(12_u32));
        assert_eq!(Share::read(&variable("0.8")), Ok(0.8));
        let two = vec!["a:*".to_owned(), "b:*".to_owned()];
        assert_eq!(Texts::read(&variable("a:*, b:*,")), Ok(two));
        assert!(<Count as Kind<u32>>::read(&variable("-1")).is_err());
    }

    #[test]
    fn a_fault_shows_no_secret() {
        let list = Tree::List(vec![Tree::Integer(1_234)]);
        let fault = HiddenList::read(&list).unwrap_err();
        assert_eq!(fault, "an integer cannot be read: allowed is a text");
    }
}
