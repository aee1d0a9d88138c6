//! Which known word a mistyped one was meant to be.

/// The known word nearest to `word`, if one is near enough to be meant: at most half the letters
/// of the longer of the two apart.
pub(crate) fn nearest<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    known
        .iter()
        .map(|candidate| (edits(word, candidate), *candidate))
        .min_by_key(|(edits, _)| *edits)
        .filter(|(edits, candidate)| {
            *edits <= word.chars().count().max(candidate.chars().count()) / 2
        })
        .map(|(_, candidate)| candidate)
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
    fn edits_counts_insertions_removals_and_replacements() {
        assert_eq!(edits("", "test"), 4);
        assert_eq!(edits("test", "test"), 0);
        assert_eq!(edits("tests", "test"), 1);
        assert_eq!(edits("kitten", "sitting"), 3);
    }

    #[test]
    fn the_nearest_word_wins() {
        let known = ["test", "ci", "tidy"];
        assert_eq!(nearest("tset", &known), Some("test"));
        assert_eq!(nearest("tydi", &known), Some("tidy"));
        assert_eq!(nearest("c", &known), Some("ci"));
    }

    #[test]
    fn nothing_is_suggested_for_a_word_like_none() {
        assert_eq!(nearest("deploy", &["test", "ci", "tidy"]), None);
    }
}
