//! [`CacheKey`] for the types of the standard library.

use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;

use super::{CacheKey, KeyBuf};

macro_rules! integers {
    ($($integer:ty),*) => {$(
        impl CacheKey for $integer {
            #[inline]
            fn write_key(&self, key: &mut KeyBuf) {
                key.plain(itoa::Buffer::new().format(*self).as_bytes());
            }
        }
    )*};
}
integers!(
    u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize
);

macro_rules! nonzero {
    ($($integer:ident),*) => {$(
        impl CacheKey for std::num::$integer {
            #[inline]
            fn write_key(&self, key: &mut KeyBuf) {
                self.get().write_key(key);
            }
        }
    )*};
}
nonzero!(
    NonZeroU8,
    NonZeroU16,
    NonZeroU32,
    NonZeroU64,
    NonZeroU128,
    NonZeroUsize,
    NonZeroI8,
    NonZeroI16,
    NonZeroI32,
    NonZeroI64,
    NonZeroI128,
    NonZeroIsize
);

impl CacheKey for bool {
    fn write_key(&self, key: &mut KeyBuf) {
        key.plain(if *self { b"true" } else { b"false" });
    }
}

impl CacheKey for char {
    fn write_key(&self, key: &mut KeyBuf) {
        key.text(self.encode_utf8(&mut [0; 4]));
    }
}

impl CacheKey for str {
    fn write_key(&self, key: &mut KeyBuf) {
        key.text(self);
    }
}

impl CacheKey for String {
    fn write_key(&self, key: &mut KeyBuf) {
        key.text(self);
    }
}

impl CacheKey for () {
    fn write_key(&self, key: &mut KeyBuf) {
        key.open();
        key.close();
    }
}

impl<T: ?Sized> CacheKey for std::marker::PhantomData<T> {
    fn write_key(&self, key: &mut KeyBuf) {
        ().write_key(key);
    }
}

impl<T: CacheKey> CacheKey for Option<T> {
    fn write_key(&self, key: &mut KeyBuf) {
        match self {
            Some(value) => key.something(|key| value.write_key(key)),
            None => key.nothing(),
        }
    }
}

impl<T: CacheKey> CacheKey for [T] {
    fn write_key(&self, key: &mut KeyBuf) {
        key.plain(b"[");
        for (index, value) in self.iter().enumerate() {
            if index > 0 {
                key.plain(b",");
            }
            value.write_key(key);
        }
        key.plain(b"]");
    }
}

impl<T: CacheKey, const N: usize> CacheKey for [T; N] {
    fn write_key(&self, key: &mut KeyBuf) {
        self.as_slice().write_key(key);
    }
}

impl<T: CacheKey> CacheKey for Vec<T> {
    fn write_key(&self, key: &mut KeyBuf) {
        self.as_slice().write_key(key);
    }
}

macro_rules! references {
    ($([$($bound:tt)*] $reference:ty),* $(,)?) => {$(
        impl<$($bound)*> CacheKey for $reference {
            #[inline]
            fn write_key(&self, key: &mut KeyBuf) {
                (**self).write_key(key);
            }
        }
    )*};
}
references!(
    [T: CacheKey + ?Sized] &T,
    [T: CacheKey + ?Sized] &mut T,
    [T: CacheKey + ?Sized] Box<T>,
    [T: CacheKey + ?Sized] Rc<T>,
    [T: CacheKey + ?Sized] Arc<T>,
    [T: CacheKey + ToOwned + ?Sized] Cow<'_, T>,
);

macro_rules! tuples {
    ($(($first:ident $($rest:ident)*)),* $(,)?) => {$(
        impl<$first: CacheKey, $($rest: CacheKey),*> CacheKey for ($first, $($rest,)*) {
            #[inline]
            fn write_key(&self, key: &mut KeyBuf) {
                #[allow(non_snake_case)]
                let ($first, $($rest,)*) = self;
                $first.write_key(key);
                $(
                    key.separator();
                    $rest.write_key(key);
                )*
            }
        }
    )*};
}
tuples!(
    (A),
    (A B),
    (A B C),
    (A B C D),
    (A B C D E),
    (A B C D E F),
    (A B C D E F G),
    (A B C D E F G H),
);

#[cfg(feature = "uuid")]
impl CacheKey for uuid::Uuid {
    fn write_key(&self, key: &mut KeyBuf) {
        let mut digits = [0; uuid::fmt::Hyphenated::LENGTH];
        key.plain(self.hyphenated().encode_lower(&mut digits).as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(key: impl CacheKey) -> String {
        let mut buf = KeyBuf::new();
        key.write_key(&mut buf);
        buf.to_string()
    }

    #[test]
    fn keys_are_readable() {
        assert_eq!(text(42_u64), "42");
        assert_eq!(text(i64::MIN), "-9223372036854775808");
        assert_eq!(text((7, "ada", true)), "7:ada:true");
        assert_eq!(text(vec![Some("a"), None]), "[a,~]");
        assert_eq!(text(Cow::Borrowed("ada@example.org")), "ada@example.org");
        assert_eq!(text('é'), "%C3%A9");
        assert_eq!(text(()), "()");
    }

    #[test]
    fn texts_that_could_be_taken_for_one_another_differ() {
        let texts = [
            text(None::<&str>),
            text("None"),
            text("~"),
            text(""),
            text("''"),
            text(1),
            text("1"),
            text("'1"),
            text(-1),
            text("-1"),
            text(true),
            text("true"),
            text("()"),
            text(()),
            text(Some(None::<u8>)),
            text(Some(Some(None::<u8>))),
            text(Vec::<u8>::new()),
            text("[]"),
            text("a:b"),
            text(("a", "b")),
        ];
        for (i, a) in texts.iter().enumerate() {
            for b in &texts[..i] {
                assert_ne!(a, b);
            }
        }
    }

    #[test]
    fn separators_in_values_are_escaped() {
        assert_ne!(text(("a:b", "c")), text(("a", "b:c")));
        assert_ne!(text(["a,b"].as_slice()), text(["a", "b"].as_slice()));
        assert_ne!(
            text((Some((None::<u8>, 1)), None::<u8>)),
            text((None::<(Option<u8>, u8)>, Some(1)))
        );
    }

    #[test]
    fn glob_characters_and_newlines_do_not_survive() {
        let key = text("*?[a-z]\\{}$1\r\n\0 ü");
        assert!(
            key.bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'%' || b == b'-'),
            "{key}"
        );
    }

    #[cfg(feature = "uuid")]
    #[test]
    fn a_uuid_is_written_with_hyphens() {
        let uuid = uuid::Uuid::from_u128(0x67e5_5044_10b1_426f_9247_bb68_0e5f_e0c8);
        assert_eq!(text(uuid), "67e55044-10b1-426f-9247-bb680e5fe0c8");
    }
}
