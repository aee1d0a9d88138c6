//! Tokens as text, for tests to compare.

/// The text without any blanks: tokens are spaced as it comes.
pub(crate) fn flat(tokens: impl std::fmt::Display) -> String {
    tokens.to_string().split_whitespace().collect()
}
