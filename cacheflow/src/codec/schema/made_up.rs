//! Values that are made up, because they stand before what is traced.

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use super::walk::{Attempt, End};

/// So deep they are nested.
const DEEPEST: usize = 8;

/// Texts that one type or another can read.
const TEXTS: [&str; 16] = [
    "",
    "a",
    "1",
    "1970-01-01T00:00:00Z",
    "1970-01-01",
    "1970-01-01T00:00:00",
    "00:00:00",
    "00000000-0000-4000-8000-000000000000",
    "127.0.0.1",
    "::1",
    "127.0.0.1:1",
    "[::1]:1",
    "http://a.example/",
    "a@a.example",
    "1.0.0",
    "00",
];

/// So many bytes.
const BYTES: [usize; 8] = [0, 16, 4, 8, 12, 20, 32, 64];

/// Makes up a value: the first that pleases the type.
#[derive(Clone, Copy)]
pub(super) struct MadeUp<'a> {
    attempt: &'a Attempt,
    depth: usize,
}

impl<'a> MadeUp<'a> {
    pub(super) fn new(attempt: &'a Attempt) -> Self {
        Self { attempt, depth: 0 }
    }

    fn deeper(self) -> Result<Self, End> {
        match self.depth < DEEPEST {
            true => Ok(Self {
                depth: self.depth + 1,
                ..self
            }),
            false => Err(End),
        }
    }

    fn one_of<T: Copy>(self, values: &[T]) -> T {
        values[self.attempt.choose(values.len())]
    }

    fn parts(self, parts: usize) -> Result<Parts<'a>, End> {
        Ok(Parts {
            value: self.deeper()?,
            names: &[],
            left: parts,
        })
    }

    fn fields<'de, V: Visitor<'de>>(
        self,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, End> {
        visitor.visit_map(Parts {
            names,
            ..self.parts(names.len())?
        })
    }
}

macro_rules! simple {
    ($($method:ident: $visit:ident($($value:expr),*);)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, End> {
            visitor.$visit(self.one_of(&[$($value),*]))
        }
    )*};
}

macro_rules! untraceable {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, _: V) -> Result<V::Value, End> {
            self.attempt.untraceable()
        }
    )*};
}

impl<'de> Deserializer<'de> for MadeUp<'_> {
    type Error = End;

    simple! {
        deserialize_bool: visit_bool(false, true);
        deserialize_i8: visit_i8(0, 1, -1);
        deserialize_i16: visit_i16(0, 1, -1);
        deserialize_i32: visit_i32(0, 1, -1);
        deserialize_i64: visit_i64(0, 1, -1);
        deserialize_i128: visit_i128(0, 1, -1);
        deserialize_u8: visit_u8(0, 1, 2);
        deserialize_u16: visit_u16(0, 1, 2);
        deserialize_u32: visit_u32(0, 1, 2);
        deserialize_u64: visit_u64(0, 1, 2);
        deserialize_u128: visit_u128(0, 1, 2);
        deserialize_f32: visit_f32(0.0, 1.0);
        deserialize_f64: visit_f64(0.0, 1.0);
        deserialize_char: visit_char('a', '1');
    }

    untraceable! { deserialize_any deserialize_identifier deserialize_ignored_any }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, End> {
        visitor.visit_str(self.one_of(&TEXTS))
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, End> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, End> {
        visitor.visit_bytes(&[0; 64][..self.one_of(&BYTES)])
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, End> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, End> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, End> {
        visitor.visit_unit()
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, End> {
        visitor.visit_none()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, End> {
        visitor.visit_newtype_struct(self.deeper()?)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, End> {
        let len = self.one_of(&[0, 1]);
        visitor.visit_seq(self.parts(len)?)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, End> {
        visitor.visit_seq(self.parts(len)?)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, End> {
        visitor.visit_seq(self.parts(len)?)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, End> {
        let len = self.one_of(&[0, 1]);
        visitor.visit_map(self.parts(len)?)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, End> {
        self.fields(fields, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, End> {
        if variants.is_empty() {
            return Err(End);
        }
        // Whether it ends within one that goes on for ever is a matter of the choice.
        let variant = self.one_of(variants);
        visitor.visit_enum(Variant {
            value: self.deeper()?,
            name: variant,
        })
    }

    fn is_human_readable(&self) -> bool {
        self.attempt.is_human_readable
    }
}

/// So many parts, made up; in a struct, with these names.
struct Parts<'a> {
    value: MadeUp<'a>,
    names: &'static [&'static str],
    left: usize,
}

impl<'de> SeqAccess<'de> for Parts<'_> {
    type Error = End;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, End> {
        let Some(left) = self.left.checked_sub(1) else {
            return Ok(None);
        };
        self.left = left;
        seed.deserialize(self.value).map(Some)
    }
}

impl<'de> MapAccess<'de> for Parts<'_> {
    type Error = End;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, End> {
        let Some(left) = self.left.checked_sub(1) else {
            return Ok(None);
        };
        self.left = left;
        match self.names.split_first() {
            Some((name, rest)) => {
                self.names = rest;
                seed.deserialize(StrDeserializer::new(name)).map(Some)
            }
            None => seed.deserialize(self.value).map(Some),
        }
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, End> {
        seed.deserialize(self.value)
    }
}

struct Variant<'a> {
    value: MadeUp<'a>,
    name: &'static str,
}

impl<'de> EnumAccess<'de> for Variant<'_> {
    type Error = End;
    type Variant = Self;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Self), End> {
        Ok((seed.deserialize(StrDeserializer::new(self.name))?, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_> {
    type Error = End;

    fn unit_variant(self) -> Result<(), End> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, End> {
        seed.deserialize(self.value)
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, End> {
        visitor.visit_seq(self.value.parts(len)?)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, End> {
        self.value.fields(fields, visitor)
    }
}
