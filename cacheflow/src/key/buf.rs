//! The buffer that a key is written into.

use std::borrow::Cow;
use std::fmt;

use smallvec::SmallVec;

use super::EntryKey;

/// The longest text, in bytes, under which a key is kept as it is.
pub const MAX_NAME_BYTES: usize = 200;

/// How much of a longer key's text stands before its hash.
const HEAD_BYTES: usize = 160;

/// Stands before the hash of a secret, between the head of a long key and its hash,
/// and in no other key.
pub(super) const HASH_MARK: u8 = b'#';

/// A buffer for the text of one key.
///
/// Keys of up to 256 bytes are written without allocating.
#[derive(Clone, Default)]
pub struct KeyBuf {
    text: SmallVec<[u8; 256]>,
}

impl KeyBuf {
    /// An empty buffer.
    #[inline]
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends one part of a key and begins the next.
    #[inline]
    pub fn separator(&mut self) {
        self.text.push(b':');
    }

    /// Begins the fields of an enum's variant, or any other group.
    pub fn open(&mut self) {
        self.text.push(b'(');
    }

    /// Ends what [`KeyBuf::open`] began.
    pub fn close(&mut self) {
        self.text.push(b')');
    }

    /// Writes the name of an enum's variant.
    pub fn variant(&mut self, name: &str) {
        self.escaped(name.as_bytes());
    }

    /// Writes fixed text of a key template.
    pub fn literal(&mut self, text: &str) {
        self.escaped(text.as_bytes());
    }

    /// Writes a value as `format!` does, escaped.
    pub fn formatted(&mut self, value: fmt::Arguments<'_>) {
        let start = self.text.len();
        // Neither this nor `Display` as it should be can fail.
        let _ = fmt::Write::write_fmt(&mut Escaped(self), value);
        if self.text.len() == start {
            self.text.extend_from_slice(b"''");
        }
    }

    /// Writes what tells a text from every other, as sixteen digits.
    pub fn digest(&mut self, digest: u64) {
        self.plain(format!("{digest:016x}").as_bytes());
    }

    /// Writes what another buffer has.
    pub fn append(&mut self, other: &Self) {
        self.text.extend_from_slice(&other.text);
    }

    /// Writes the name of a type, for functions whose type parameters are part
    /// of their identity.
    ///
    /// The name is the compiler's, which may change between its versions; the
    /// entries then load anew.
    pub fn types<T: ?Sized>(&mut self) {
        self.open();
        self.escaped(std::any::type_name::<T>().as_bytes());
        self.close();
    }

    /// Writes text, marked where it could be taken for another type's.
    pub(crate) fn text(&mut self, text: &str) {
        let bytes = text.as_bytes();
        match bytes.first() {
            None => self.text.extend_from_slice(b"''"),
            Some(b'0'..=b'9' | b'-') => self.text.push(b'\''),
            Some(_) if matches!(text, "true" | "false") => self.text.push(b'\''),
            Some(_) => {}
        }
        self.escaped(bytes);
    }

    /// Writes bytes that need no escape.
    #[inline]
    pub(crate) fn plain(&mut self, text: &[u8]) {
        debug_assert!(text.iter().all(u8::is_ascii_graphic));
        self.text.extend_from_slice(text);
    }

    /// Writes what `write` writes so that it differs from [`KeyBuf::nothing`]:
    /// a text that begins with `~` gets one more.
    pub(crate) fn something(&mut self, write: impl FnOnce(&mut Self)) {
        let start = self.text.len();
        write(self);
        if self.text.get(start) == Some(&b'~') {
            self.text.insert(start, b'~');
        }
    }

    /// Writes the absence of a value.
    pub(crate) fn nothing(&mut self) {
        self.text.push(b'~');
    }

    #[inline]
    fn escaped(&mut self, bytes: &[u8]) {
        // Nearly always.
        if bytes.iter().all(|byte| is_plain(*byte)) {
            self.text.extend_from_slice(bytes);
        } else {
            self.escaped_in_runs(bytes);
        }
    }

    #[cold]
    fn escaped_in_runs(&mut self, bytes: &[u8]) {
        const HEX: &[u8; 16] = b"0123456789ABCDEF";
        for run in bytes.chunk_by(|a, b| is_plain(*a) && is_plain(*b)) {
            if is_plain(run[0]) {
                self.text.extend_from_slice(run);
            } else {
                for byte in run {
                    let (high, low) = (usize::from(byte >> 4), usize::from(byte & 15));
                    self.text.extend_from_slice(&[b'%', HEX[high], HEX[low]]);
                }
            }
        }
    }

    /// Replaces all that was written by its hash: what the key of a secret is.
    #[doc(hidden)]
    pub fn conceal(&mut self) {
        let hash = blake3::hash(&self.text).to_hex();
        self.text.clear();
        self.text.push(HASH_MARK);
        self.text.extend_from_slice(hash.as_bytes());
    }

    /// The name under which an entry of this key is kept: the text, or for a
    /// long one its head and a hash.
    #[inline]
    pub(crate) fn name(&self) -> Cow<'_, [u8]> {
        if self.text.len() <= MAX_NAME_BYTES {
            Cow::Borrowed(&self.text)
        } else {
            Cow::Owned(self.hashed(32))
        }
    }

    /// The text that an entry carries and a read compares: the text, or for a
    /// long one its head and the whole 256-bit hash.
    pub(crate) fn identity(&self) -> Cow<'_, [u8]> {
        if self.text.len() <= MAX_NAME_BYTES {
            Cow::Borrowed(&self.text)
        } else {
            Cow::Owned(self.hashed(64))
        }
    }

    /// The same, where it is another text than the [name](Self::name).
    pub(crate) fn longer_identity(&self) -> Option<Vec<u8>> {
        (self.text.len() > MAX_NAME_BYTES).then(|| self.hashed(64))
    }

    /// The name, owned.
    pub(crate) fn entry_key(&self) -> EntryKey {
        EntryKey::new(&self.name())
    }

    fn hashed(&self, digits: usize) -> Vec<u8> {
        let hash = blake3::hash(&self.text).to_hex();
        let mut name = self.text[..HEAD_BYTES].to_vec();
        name.push(HASH_MARK);
        name.extend_from_slice(&hash.as_bytes()[..digits]);
        name
    }
}

/// Writes text into a key as it may stand there.
struct Escaped<'a>(&'a mut KeyBuf);

impl fmt::Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.escaped(text.as_bytes());
        Ok(())
    }
}

/// Which bytes stand in keys as they are.
const PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        let as_byte = byte as u8;
        plain[byte] =
            as_byte.is_ascii_alphanumeric() || matches!(as_byte, b'_' | b'.' | b'@' | b'-');
        byte += 1;
    }
    plain
};

#[inline]
fn is_plain(byte: u8) -> bool {
    PLAIN[usize::from(byte)]
}

impl fmt::Display for KeyBuf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.text))
    }
}

impl fmt::Debug for KeyBuf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyBuf({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::super::CacheKey;
    use super::*;

    fn buf(key: impl CacheKey) -> KeyBuf {
        let mut buf = KeyBuf::new();
        key.write_key(&mut buf);
        buf
    }

    #[test]
    fn a_long_key_is_bounded_and_two_long_keys_differ() {
        let (a, b) = (buf("x".repeat(5000) + "a"), buf("x".repeat(5000) + "b"));
        assert!(a.name().len() <= MAX_NAME_BYTES);
        assert!(a.name().starts_with(b"xxxx"));
        assert_ne!(a.name(), b.name());
        assert!(a.identity().len() <= 256);
        assert!(a.identity().starts_with(&a.name()));
    }

    #[test]
    fn a_key_at_the_bound_is_kept_as_it_is() {
        let text = "x".repeat(MAX_NAME_BYTES);
        assert_eq!(buf(text.as_str()).name(), text.as_bytes());
        let longer = "x".repeat(MAX_NAME_BYTES + 1);
        assert!(buf(longer.as_str()).name().contains(&b'#'));
    }

    #[test]
    fn no_short_key_looks_like_a_hashed_one() {
        let long = buf("x".repeat(5000));
        let imitation = buf(String::from_utf8_lossy(&long.name()).into_owned());
        assert_ne!(imitation.name(), long.name());
    }

    #[test]
    fn formatted_values_are_escaped_and_never_nothing() {
        let formatted = |value: fmt::Arguments<'_>| {
            let mut key = KeyBuf::new();
            key.formatted(value);
            key.to_string()
        };
        assert_eq!(formatted(format_args!("{:.2}", 52.5)), "52.50");
        assert_eq!(formatted(format_args!("{:>3}", "a:")), "%20a%3A");
        assert_eq!(formatted(format_args!("{}", "")), "''");
    }

    #[test]
    fn type_parameters_are_part_of_the_text() {
        let mut key = KeyBuf::new();
        key.types::<(u8, &str)>();
        assert_eq!(key.to_string(), "(%28u8%2C%20%26str%29)");
    }
}
