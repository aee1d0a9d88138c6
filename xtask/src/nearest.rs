//! Which known word a mistyped one was meant to be.

use strsim::levenshtein;

/// The known word nearest to `word`, if one is near enough to be meant: at most half the letters
/// of the longer of the two apart.
pub(crate) fn nearest<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    known
        .iter()
        .map(|candidate| (levenshtein(word, candidate), *candidate))
        .min_by_key(|(edits, _)| *edits)
        .filter(|(edits, candidate)| {
            *edits <= word.chars().count().max(candidate.chars().count()) / 2
        })
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_counts_insertions_removals_and_replacements() {
        assert_eq!(levenshtein("", "test"), 4);
        assert_eq!(levenshtein("test", "test"), 0);
        assert_eq!(levenshtein("tests", "test"), 1);
        assert_eq!(levenshtein("kitten", "sitting"), 3);
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
