//! Which name a mistyped one was meant to be; of strategies, and of all options.

use strsim::levenshtein;

/// The known name nearest to `name`, if one is near enough to be meant: at most a third of the
/// letters of the longer of the two apart.
pub(crate) fn nearest(name: &str, known: &[&'static str]) -> Option<&'static str> {
    let (edits, candidate) = known
        .iter()
        .map(|candidate| (levenshtein(name, candidate), *candidate))
        .min_by_key(|(edits, _)| *edits)?;
    let longer = name.chars().count().max(candidate.len());
    (edits <= longer.div_ceil(3)).then_some(candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_insertions_removals_and_replacements() {
        assert_eq!(levenshtein("", "test"), 4);
        assert_eq!(levenshtein("test", "test"), 0);
        assert_eq!(levenshtein("kitten", "sitting"), 3);
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
