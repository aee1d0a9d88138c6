//! Writing within the limits.

use serde::ser::{
    Error, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant,
    SerializeTuple, SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

use super::{Bounds, MAX_DEPTH, TOO_DEEP};

/// A value, a format's serializer, or a part of one, with the limits around it.
pub(in crate::codec) struct Guard<'b, T> {
    inner: T,
    limits: Limits<'b>,
}

/// A value to be written.
pub(in crate::codec) type Written<'b, V> = Guard<'b, &'b V>;

#[derive(Clone, Copy)]
struct Limits<'b> {
    bounds: &'b Bounds,
    /// How many steps deeper it may go.
    left: u32,
    /// Directly within a `Some`.
    in_some: bool,
}

impl<'b> Limits<'b> {
    #[inline]
    fn around<T>(self, inner: T) -> Guard<'b, T> {
        Guard {
            inner,
            limits: self,
        }
    }

    #[cold]
    fn refuse<E: Error>(self, why: &'static str) -> E {
        self.bounds.refused.set(Some(why));
        E::custom(why)
    }

    /// One step deeper.
    #[inline]
    fn deeper<E: Error>(self) -> Result<Self, E> {
        match self.left.checked_sub(1) {
            Some(left) => Ok(Self {
                left,
                in_some: false,
                ..self
            }),
            None => Err(self.refuse(TOO_DEEP)),
        }
    }

    /// What is written now reads as an empty option.
    #[inline]
    fn nothing<E: Error>(self) -> Result<(), E> {
        match self.in_some {
            true => Err(self.refuse("a Some that reads as None in this format")),
            false => Ok(()),
        }
    }

    #[inline]
    fn float<E: Error>(self, is_finite: bool) -> Result<(), E> {
        if is_finite || !self.bounds.traits.finite_only {
            return Ok(());
        }
        Err(self.refuse("a number that this format cannot express"))
    }
}

impl<'b, V: Serialize + ?Sized> Guard<'b, &'b V> {
    pub(in crate::codec) fn new(inner: &'b V, bounds: &'b Bounds) -> Self {
        let limits = Limits {
            bounds,
            left: MAX_DEPTH,
            in_some: false,
        };
        limits.around(inner)
    }
}

impl<V: Serialize + ?Sized> Serialize for Guard<'_, &V> {
    #[inline]
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.inner.serialize(self.limits.around(serializer))
    }
}

macro_rules! forward {
    ($($method:ident: $type:ty;)*) => {$(
        #[inline]
        fn $method(self, value: $type) -> Result<S::Ok, S::Error> {
            self.inner.$method(value)
        }
    )*};
}

impl<'b, S: Serializer> Serializer for Guard<'b, S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = Guard<'b, S::SerializeSeq>;
    type SerializeTuple = Guard<'b, S::SerializeTuple>;
    type SerializeTupleStruct = Guard<'b, S::SerializeTupleStruct>;
    type SerializeTupleVariant = Guard<'b, S::SerializeTupleVariant>;
    type SerializeMap = Guard<'b, S::SerializeMap>;
    type SerializeStruct = Guard<'b, S::SerializeStruct>;
    type SerializeStructVariant = Guard<'b, S::SerializeStructVariant>;

    forward! {
        serialize_bool: bool;
        serialize_i8: i8;
        serialize_i16: i16;
        serialize_i32: i32;
        serialize_i64: i64;
        serialize_i128: i128;
        serialize_u8: u8;
        serialize_u16: u16;
        serialize_u32: u32;
        serialize_u64: u64;
        serialize_u128: u128;
        serialize_char: char;
        serialize_str: &str;
        serialize_bytes: &[u8];
    }

    #[inline]
    fn serialize_f32(self, value: f32) -> Result<S::Ok, S::Error> {
        self.limits.float(value.is_finite())?;
        self.inner.serialize_f32(value)
    }

    #[inline]
    fn serialize_f64(self, value: f64) -> Result<S::Ok, S::Error> {
        self.limits.float(value.is_finite())?;
        self.inner.serialize_f64(value)
    }

    #[inline]
    fn serialize_none(self) -> Result<S::Ok, S::Error> {
        self.limits.nothing()?;
        self.inner.serialize_none()
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        let mut limits = self.limits.deeper()?;
        limits.in_some = self.limits.bounds.traits.bare_options;
        self.inner.serialize_some(&limits.around(value))
    }

    #[inline]
    fn serialize_unit(self) -> Result<S::Ok, S::Error> {
        self.limits.nothing()?;
        self.inner.serialize_unit()
    }

    #[inline]
    fn serialize_unit_struct(self, name: &'static str) -> Result<S::Ok, S::Error> {
        self.limits.nothing()?;
        self.inner.serialize_unit_struct(name)
    }

    #[inline]
    fn serialize_unit_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
    ) -> Result<S::Ok, S::Error> {
        self.limits.deeper::<S::Error>()?;
        self.inner.serialize_unit_variant(name, index, variant)
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        let mut limits = self.limits.deeper()?;
        // It is written as what it wraps.
        limits.in_some = self.limits.in_some;
        let value = limits.around(value);
        self.inner.serialize_newtype_struct(name, &value)
    }

    #[inline]
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        let value = self.limits.deeper()?.around(value);
        self.inner
            .serialize_newtype_variant(name, index, variant, &value)
    }

    #[inline]
    fn serialize_seq(self, len: Option<usize>) -> Result<Self::SerializeSeq, S::Error> {
        let limits = self.limits.deeper()?;
        Ok(limits.around(self.inner.serialize_seq(len)?))
    }

    #[inline]
    fn serialize_tuple(self, len: usize) -> Result<Self::SerializeTuple, S::Error> {
        let limits = self.limits.deeper()?;
        Ok(limits.around(self.inner.serialize_tuple(len)?))
    }

    #[inline]
    fn serialize_tuple_struct(
        self,
        name: &'static str,
        len: usize,
    ) -> Result<Self::SerializeTupleStruct, S::Error> {
        let limits = self.limits.deeper()?;
        Ok(limits.around(self.inner.serialize_tuple_struct(name, len)?))
    }

    #[inline]
    fn serialize_tuple_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Self::SerializeTupleVariant, S::Error> {
        // Two steps when it is read: into the variant, and to its element.
        let limits = self.limits.deeper::<S::Error>()?.deeper()?;
        let parts = self
            .inner
            .serialize_tuple_variant(name, index, variant, len)?;
        Ok(limits.around(parts))
    }

    #[inline]
    fn serialize_map(self, len: Option<usize>) -> Result<Self::SerializeMap, S::Error> {
        let limits = self.limits.deeper()?;
        Ok(limits.around(self.inner.serialize_map(len)?))
    }

    #[inline]
    fn serialize_struct(
        self,
        name: &'static str,
        len: usize,
    ) -> Result<Self::SerializeStruct, S::Error> {
        let limits = self.limits.deeper()?;
        Ok(limits.around(self.inner.serialize_struct(name, len)?))
    }

    #[inline]
    fn serialize_struct_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Self::SerializeStructVariant, S::Error> {
        let limits = self.limits.deeper::<S::Error>()?.deeper()?;
        let parts = self
            .inner
            .serialize_struct_variant(name, index, variant, len)?;
        Ok(limits.around(parts))
    }

    #[inline]
    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

/// A part whose elements have no names.
macro_rules! elements {
    ($($part:ident::$method:ident),*) => {$(
        impl<S: $part> $part for Guard<'_, S> {
            type Ok = S::Ok;
            type Error = S::Error;

            #[inline]
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), S::Error> {
                self.limits.bounds.element();
                self.inner.$method(&self.limits.around(value))
            }

            #[inline]
            fn end(self) -> Result<S::Ok, S::Error> {
                self.inner.end()
            }
        }
    )*};
}

elements! {
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field
}

impl<S: SerializeMap> SerializeMap for Guard<'_, S> {
    type Ok = S::Ok;
    type Error = S::Error;

    #[inline]
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), S::Error> {
        self.limits.bounds.element();
        self.inner.serialize_key(&self.limits.around(key))
    }

    #[inline]
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), S::Error> {
        self.inner.serialize_value(&self.limits.around(value))
    }

    #[inline]
    fn end(self) -> Result<S::Ok, S::Error> {
        self.inner.end()
    }
}

/// A part whose elements are fields.
macro_rules! fields {
    ($($part:ident),*) => {$(
        impl<S: $part> $part for Guard<'_, S> {
            type Ok = S::Ok;
            type Error = S::Error;

            #[inline]
            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), S::Error> {
                self.limits.bounds.element();
                self.inner.serialize_field(name, &self.limits.around(value))
            }

            #[inline]
            fn skip_field(&mut self, name: &'static str) -> Result<(), S::Error> {
                if !self.limits.bounds.traits.names_fields {
                    let fault = "a field is left out, in a format without names";
                    return Err(self.limits.refuse(fault));
                }
                self.inner.skip_field(name)
            }

            #[inline]
            fn end(self) -> Result<S::Ok, S::Error> {
                self.inner.end()
            }
        }
    )*};
}

fields! { SerializeStruct, SerializeStructVariant }
