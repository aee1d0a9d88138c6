//! Suggestions for mistyped names.

/// The candidate that `name` was probably meant to be, if one is near enough.
///
/// Near enough is up to one edit in three letters, and fewer edits than the
/// shorter of both words has letters: else `x` would suggest `y`.
pub(crate) fn nearest<'a>(name: &str, candidates: &'a [String]) -> Option<&'a str> {
    let name = letters(name);
    candidates
        .iter()
        .filter_map(|candidate| {
            let letters = letters(candidate);
            let edits = edits(&name, &letters);
            let longer = name.len().max(letters.len());
            let shorter = name.len().min(letters.len());
            (edits <= longer.div_ceil(3) && edits < shorter).then_some((edits, candidate))
        })
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, candidate)| candidate.as_str())
}

/// The middle of a message: `; did you mean `ttl`?` or only `;`.
pub(crate) fn suggestion(name: &str, candidates: &[String]) -> String {
    nearest(name, candidates).map_or_else(
        || ";".to_owned(),
        |candidate| format!("; did you mean `{candidate}`?"),
    )
}

/// Names as a message lists them: `` `a`, `b` ``.
pub(crate) fn listed<S: AsRef<str>>(names: &[S]) -> String {
    names
        .iter()
        .map(|name| format!("`{}`", name.as_ref()))
        .collect::<Vec<_>>()
        .join(", ")
}

fn letters(word: &str) -> Vec<char> {
    word.chars().flat_map(char::to_lowercase).collect()
}

/// Insertions, deletions, substitutions and swaps of neighbours between two
/// words (the "optimal string alignment" distance).
fn edits(from: &[char], to: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=to.len()).collect();
    for (row, letter) in from.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, other) in to.iter().enumerate() {
            let changed = above[column] + usize::from(letter != other);
            let mut best = changed.min(above[column + 1] + 1).min(current[column] + 1);
            let swapped =
                row > 0 && column > 0 && *letter == to[column - 1] && from[row - 1] == *other;
            if swapped {
                best = best.min(before[column - 1] + 1);
            }
            current.push(best);
        }
        before = std::mem::replace(&mut above, current);
    }
    above[to.len()]
}

#[cfg(test)]
mod tests {
    use super::{edits, letters, listed, nearest, suggestion};

    fn options() -> Vec<String> {
        ["cache", "flow", "key", "skip", "ttl"]
            .map(String::from)
            .to_vec()
    }

    #[test]
    fn a_slip_of_the_finger_finds_the_option() {
        for (typed, meant) in [
            ("tll", "ttl"),
            ("TTL", "ttl"),
            ("keys", "key"),
            ("cahce", "cache"),
            ("skp", "skip"),
            ("fow", "flow"),
        ] {
            assert_eq!(nearest(typed, &options()), Some(meant), "{typed}");
        }
    }

    #[test]
    fn another_word_finds_nothing() {
        for typed in ["tags", "strategy", "name", "x", "", "time_to_live"] {
            assert_eq!(nearest(typed, &options()), None, "{typed}");
        }
    }

    #[test]
    fn one_letter_never_suggests_another() {
        assert_eq!(nearest("x", &["y".to_owned()]), None);
    }

    #[test]
    fn distance_counts_a_swap_once() {
        assert_eq!(edits(&letters("ab"), &letters("ba")), 1);
        assert_eq!(edits(&letters("abc"), &letters("")), 3);
        assert_eq!(edits(&letters("kitten"), &letters("sitting")), 3);
    }

    #[test]
    fn messages_read_well() {
        assert_eq!(suggestion("tll", &options()), "; did you mean `ttl`?");
        assert_eq!(suggestion("tags", &options()), ";");
        assert_eq!(listed(&["a", "b"]), "`a`, `b`");
    }
}
