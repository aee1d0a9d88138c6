//! Keys that are secrets.

use std::fmt;

use super::{CacheKey, KeyBuf};

/// A part of a key that is a secret, such as a session's token: in keys its hash
/// stands in its place, and nothing of its text.
///
/// So nothing of it appears in Redis, in events, in logs and in `full_key`; nor in
/// this type's `Debug`. The hash is one of 256 bits without a key of its own, so that
/// all nodes agree: who can *guess* the secret can see whether it is among the keys,
/// which is of no use with tokens, and of much with telephone numbers.
///
/// ```
/// use cacheflow::{Cache, CacheFlow, Sensitive};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let flow = CacheFlow::builder().build().await?;
/// // The same as `flow.cache::<String, u64>("sessions").sensitive()`.
/// let sessions: Cache<Sensitive<String>, u64> = flow.cache("sessions").build()?;
/// let token = Sensitive("hunter2".to_owned());
/// let _ = sessions.put(&token, 7).await?;
///
/// assert_eq!(sessions.get(&token).await, Some(7));
/// assert!(!sessions.full_key(&token).as_str().contains("hunter2"));
/// assert_eq!(format!("{token:?}"), "Sensitive");
/// # Ok(()) }
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sensitive<T: ?Sized>(pub T);

impl<T: CacheKey + ?Sized> CacheKey for Sensitive<T> {
    fn write_key(&self, key: &mut KeyBuf) {
        let mut secret = KeyBuf::new();
        self.0.write_key(&mut secret);
        secret.conceal();
        key.append(&secret);
    }
}

impl<T: ?Sized> fmt::Debug for Sensitive<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sensitive")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(key: &(impl CacheKey + ?Sized)) -> String {
        let mut buf = KeyBuf::new();
        key.write_key(&mut buf);
        buf.to_string()
    }

    #[test]
    fn different_secrets_have_different_hashes_and_the_same_one_always_the_same() {
        let ada = written(&Sensitive("ada"));
        assert_eq!(ada, written(&Sensitive("ada".to_owned())));
        assert_ne!(ada, written(&Sensitive("adb")));
        assert_ne!(written(&Sensitive(1)), written(&Sensitive("1")));
        assert!(
            ada.len() == 65 && ada.starts_with('#') && !ada.contains("ada"),
            "{ada}"
        );
        assert_ne!(ada, written(&ada.as_str()), "no text is taken for a hash");
    }

    #[test]
    fn a_secret_can_be_one_part_of_a_key() {
        let key = written(&(7, Sensitive("ada")));
        assert!(
            key.starts_with("7:#") && key.ends_with(&written(&Sensitive("ada"))),
            "{key}"
        );
    }
}
