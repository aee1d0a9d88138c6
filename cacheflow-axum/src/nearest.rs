//! Which name a mistyped one was meant to be.

use strsim::levenshtein;

/// The known name nearest to `name`, if one is near enough to be meant: at most a third of
/// the letters of the longer of the two apart.
pub(crate) fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let distances = known.iter().map(|known| (levenshtein(name, known), *known));
    let (edits, known) = distances.min_by_key(|(edits, _)| *edits)?;
    let longer = name.chars().count().max(known.len());
    (edits <= longer.div_ceil(3)).then_some(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_found_and_another_word_is_not() {
        let known = ["keys", "patterns", "local_only"];
        assert_eq!(nearest("kesy", &known), Some("keys"));
        assert_eq!(nearest("patern", &known), Some("patterns"));
        assert_eq!(nearest("localonly", &known), Some("local_only"));
        assert_eq!(nearest("everything", &known), None);
        assert_eq!(nearest("keys", &[]), None);
    }
}
