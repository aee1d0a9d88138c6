//! Values: texts that no compressor makes much smaller, and no candidate is asked to.

use std::sync::Arc;

use cacheflow_benches::keys::Numbers;

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// A text of so many bytes, the same in every run.
#[must_use]
pub fn of(bytes: usize) -> Arc<str> {
    let mut numbers = Numbers::seeded(bytes as u64);
    let letters = (0..bytes).map(|_| char::from(LETTERS[numbers.below(LETTERS.len())]));
    letters.collect::<String>().into()
}

/// How tables call it.
#[must_use]
pub fn size(bytes: usize) -> String {
    match bytes {
        1_024.. => format!("{} KiB", bytes / 1_024),
        _ => format!("{bytes} B"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_its_length_and_is_the_same_again() {
        assert_eq!(of(1_024).len(), 1_024);
        assert_eq!(of(100), of(100));
        assert_eq!(
            (size(100), size(102_400)),
            ("100 B".into(), "100 KiB".into())
        );
    }
}
