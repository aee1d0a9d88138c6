//! Which name a mistyped one was meant to be; of strategies, and of all options.

/// The known name nearest to `name`, if one is near enough to be meant: at most a third of the
/// letters of the longer of the two apart.
pub(crate) fn nearest(name: &str, known: &[&'static str]) -> Option<&'static str> {
    let (edits, candidate) = known
        .iter()
        .map(|candidate| (edits(name, candidate), *candidate))
        .min_by_key(|(edits, _)| *edits)?;
    let longer = name.chars().count().max(candidate.len());
    (edits <= longer.div_ceil(3)).then_some(candidate)
}

/// The Levenshtein distance: letters to insert, remove or replace.
fn edits(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    // `row[j]` is the distance from the letters of `from` read so far to the first `j` of `to`.
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, letter) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, other) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *other);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_insertions_removals_and_replacements() {
        assert_eq!(edits("", "test"), 4);
        assert_eq!(edits("test", "test"), 0);
        assert_eq!(edits("kitten", "sitting"), 3);
    }

    #[test]
    fn a_slip_is_found_and_another_word_is_not() {
        let known = ["fail-safe", "timeouts"];
        assert_eq!(nearest("failsafe", &known), Some("fail-safe"));
        assert_eq!(nearest("timeout", &known), Some("timeouts"));
        assert_eq!(nearest("lru", &known), None);
        assert_eq!(nearest("", &known), None);
        assert_eq!(nearest("failsafe", &[]), None);
    }
}
