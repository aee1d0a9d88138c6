//! One attempt: the way to one part of a type, and what it is.

use std::any::type_name;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::iter::repeat_n;

use serde::de::value::{BorrowedStrDeserializer, StrDeserializer};
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use super::made_up::MadeUp;
use super::shape::{Core, Identity, Kind, Shape, Shapes};

/// So many options and sequences may lie around one another.
const DEEPEST: usize = 64;

/// Tuples are no longer than this; what is, is an array.
const LONGEST_TUPLE: usize = 16;

/// An attempt that is under way.
pub(super) struct Attempt {
    shapes: RefCell<Shapes>,
    pub(super) is_human_readable: bool,
    /// Which part of each container to go into.
    path: Vec<usize>,
    /// Options and sequences since the last container.
    around: RefCell<Vec<&'static str>>,
    was_found: Cell<bool>,
    /// The type asks for what cannot be traced.
    is_untraceable: Cell<bool>,
    /// How many choices this attempt has made.
    chosen: Cell<usize>,
}

/// The end of an attempt, whatever it came to.
#[derive(Debug)]
pub(super) struct End;

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the end of an attempt")
    }
}

impl std::error::Error for End {}

impl Error for End {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

impl Attempt {
    pub(super) fn new(shapes: Shapes, is_human_readable: bool, path: Vec<usize>) -> Self {
        Self {
            shapes: RefCell::new(shapes),
            is_human_readable,
            path,
            around: RefCell::default(),
            was_found: Cell::new(false),
            is_untraceable: Cell::new(false),
            chosen: Cell::new(0),
        }
    }

    /// What is known after it; `None` if nothing more can be.
    pub(super) fn end(self) -> Option<Shapes> {
        let mut shapes = self.shapes.into_inner();
        if self.is_untraceable.get() {
            return None;
        }
        if self.was_found.get() {
            return Some(shapes);
        }
        // What was made up did not please the type: the next possibility, the last
        // choice first.
        shapes.choices.truncate(self.chosen.get());
        loop {
            let (choice, of) = shapes.choices.last_mut()?;
            *choice += 1;
            if choice < of {
                return Some(shapes);
            }
            shapes.choices.pop();
        }
    }

    /// One of so many possibilities.
    pub(super) fn choose(&self, of: usize) -> usize {
        let at = self.chosen.replace(self.chosen.get() + 1);
        let choices = &mut self.shapes.borrow_mut().choices;
        if at == choices.len() {
            choices.push((0, of));
        }
        choices[at].0
    }

    /// The type asks for what cannot be traced.
    pub(super) fn untraceable<T>(&self) -> Result<T, End> {
        self.is_untraceable.set(true);
        Err(End)
    }

    fn found<T>(&self, core: Core) -> Result<T, End> {
        let around = self.around.take();
        self.shapes.borrow_mut().found(Shape { around, core });
        self.was_found.set(true);
        Err(End)
    }
}

/// A place on the way.
#[derive(Clone, Copy)]
pub(super) struct Walk<'a> {
    attempt: &'a Attempt,
    /// How many steps were made.
    steps: usize,
}

impl<'a> Walk<'a> {
    pub(super) fn begin(attempt: &'a Attempt) -> Self {
        Self { attempt, steps: 0 }
    }

    /// A part that has no parts.
    fn leaf<T>(self, leaf: &'static str) -> Result<T, End> {
        match self.steps == self.attempt.path.len() {
            true => self.attempt.found(Core::Leaf(leaf)),
            // Asked twice, it has answered differently.
            false => self.attempt.untraceable(),
        }
    }

    /// Into a container: which part to go into, and the place there.
    fn into_part(
        self,
        identity: Identity,
        parts: impl Iterator<Item = &'static str>,
    ) -> Result<(usize, Self), End> {
        let Some(part) = self.attempt.path.get(self.steps) else {
            let path = &self.attempt.path;
            let number = self
                .attempt
                .shapes
                .borrow_mut()
                .number(identity, parts, path);
            return self.attempt.found(Core::Container(number));
        };
        self.attempt.around.borrow_mut().clear();
        let steps = self.steps + 1;
        Ok((*part, Self { steps, ..self }))
    }

    /// Into an option or a sequence.
    fn within(self, what: &'static str) -> Result<(), End> {
        let mut around = self.attempt.around.borrow_mut();
        around.push(what);
        match around.len() <= DEEPEST {
            true => Ok(()),
            false => self.attempt.untraceable(),
        }
    }

    fn tuple<'de, V: Visitor<'de>>(
        self,
        name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, End> {
        let (kind, parts) = match len <= LONGEST_TUPLE {
            true => (Kind::Tuple, len),
            false => (Kind::Array(len), 1),
        };
        // The empty one.
        if len == 0 {
            return self.leaf("unit");
        }
        let identity = (type_name::<V>(), kind, name);
        let (part, place) = self.into_part(identity, repeat_n("", parts))?;
        visitor.visit_seq(Elements {
            place,
            made_up: part,
        })
    }

    fn fields<'de, V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, End> {
        if fields.is_empty() {
            return self.leaf("unit");
        }
        let identity = (type_name::<V>(), Kind::Struct, name);
        let (part, place) = self.into_part(identity, fields.iter().copied())?;
        visitor.visit_map(Field {
            place,
            name: fields[part],
        })
    }
}

macro_rules! leaves {
    ($($method:ident: $leaf:literal;)*) => {$(
        fn $method<V: Visitor<'de>>(self, _: V) -> Result<V::Value, End> {
            self.leaf($leaf)
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

impl<'de> Deserializer<'de> for Walk<'_> {
    type Error = End;

    leaves! {
        deserialize_bool: "bool";
        deserialize_i8: "i8";
        deserialize_i16: "i16";
        deserialize_i32: "i32";
        deserialize_i64: "i64";
        deserialize_i128: "i128";
        deserialize_u8: "u8";
        deserialize_u16: "u16";
        deserialize_u32: "u32";
        deserialize_u64: "u64";
        deserialize_u128: "u128";
        deserialize_f32: "f32";
        deserialize_f64: "f64";
        deserialize_char: "char";
        deserialize_str: "str";
        deserialize_string: "str";
        deserialize_bytes: "bytes";
        deserialize_byte_buf: "bytes";
        deserialize_unit: "unit";
    }

    untraceable! { deserialize_any deserialize_identifier deserialize_ignored_any }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: V,
    ) -> Result<V::Value, End> {
        self.leaf("unit")
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, End> {
        self.within("option")?;
        visitor.visit_some(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, End> {
        self.within("seq")?;
        visitor.visit_seq(Elements {
            place: self,
            made_up: 0,
        })
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, End> {
        let identity = (type_name::<V>(), Kind::Newtype, name);
        let (_, place) = self.into_part(identity, ["0"].into_iter())?;
        visitor.visit_newtype_struct(place)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, End> {
        self.tuple("", len, visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, End> {
        self.tuple(name, len, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, End> {
        let identity = (type_name::<V>(), Kind::Map, "");
        let (part, place) = self.into_part(identity, ["key", "value"].into_iter())?;
        visitor.visit_map(Entry {
            place,
            into_value: part == 1,
        })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, End> {
        self.fields(name, fields, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, End> {
        let identity = (type_name::<V>(), Kind::Enum, name);
        let (part, place) = self.into_part(identity, variants.iter().copied())?;
        visitor.visit_enum(Variant {
            place,
            name: variants[part],
        })
    }

    fn is_human_readable(&self) -> bool {
        self.attempt.is_human_readable
    }
}

/// Elements of which the first are made up, and the next is gone into.
struct Elements<'a> {
    place: Walk<'a>,
    made_up: usize,
}

impl<'de> SeqAccess<'de> for Elements<'_> {
    type Error = End;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, End> {
        match self.made_up.checked_sub(1) {
            None => seed.deserialize(self.place).map(Some),
            Some(left) => {
                self.made_up = left;
                seed.deserialize(MadeUp::new(self.place.attempt)).map(Some)
            }
        }
    }
}

/// One field, as if it were the only one.
struct Field<'a> {
    place: Walk<'a>,
    name: &'static str,
}

impl<'de> MapAccess<'de> for Field<'_> {
    type Error = End;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, End> {
        let name = StrDeserializer::new(self.name);
        seed.deserialize(name).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, End> {
        seed.deserialize(self.place)
    }
}

/// One entry of a map, whose key or value is gone into.
struct Entry<'a> {
    place: Walk<'a>,
    into_value: bool,
}

impl<'de> MapAccess<'de> for Entry<'_> {
    type Error = End;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, End> {
        match self.into_value {
            true => seed.deserialize(MadeUp::new(self.place.attempt)).map(Some),
            false => seed.deserialize(self.place).map(Some),
        }
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, End> {
        seed.deserialize(self.place)
    }

    /// Most maps ask for both at once: then no key need be made up.
    fn next_entry_seed<K: DeserializeSeed<'de>, T: DeserializeSeed<'de>>(
        &mut self,
        key: K,
        value: T,
    ) -> Result<Option<(K::Value, T::Value)>, End> {
        match self.into_value {
            true => value.deserialize(self.place).map(drop)?,
            false => key.deserialize(self.place).map(drop)?,
        }
        Err(End)
    }
}

/// One variant.
struct Variant<'a> {
    place: Walk<'a>,
    name: &'static str,
}

impl<'de> EnumAccess<'de> for Variant<'_> {
    type Error = End;
    type Variant = Self;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Self), End> {
        let name = BorrowedStrDeserializer::new(self.name);
        Ok((seed.deserialize(name)?, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_> {
    type Error = End;

    fn unit_variant(self) -> Result<(), End> {
        self.place.leaf("nothing")
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, End> {
        seed.deserialize(self.place)
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, End> {
        self.place.tuple(self.name, len, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, End> {
        self.place.fields(self.name, fields, visitor)
    }
}
