//! MessagePack with field names.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Codec;
use crate::error::BoxError;

/// How deep bytes may be nested to be read: deeper ones could overflow a
/// thread's stack.
const MAX_DEPTH: usize = 128;

/// The default codec: MessagePack whose structs are maps with field names.
///
/// Values survive fields that are added (with a serde default), removed or
/// reordered between two versions of a service.
#[derive(Clone, Copy, Debug, Default)]
pub struct MessagePack;

impl Codec for MessagePack {
    const ID: u8 = 1;

    fn encode<V: Serialize>(&self, value: &V, out: &mut Vec<u8>) -> Result<(), BoxError> {
        let mut serializer = rmp_serde::Serializer::new(out).with_struct_map();
        value.serialize(&mut serializer)?;
        Ok(())
    }

    fn decode<V: DeserializeOwned>(&self, bytes: &[u8]) -> Result<V, BoxError> {
        let mut rest = bytes;
        let mut deserializer = rmp_serde::Deserializer::new(&mut rest);
        deserializer.set_max_depth(MAX_DEPTH);
        let value = V::deserialize(&mut deserializer)?;
        if !rest.is_empty() {
            return Err("bytes after the value".into());
        }
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    fn bytes(value: &impl Serialize) -> Vec<u8> {
        let mut out = Vec::new();
        MessagePack.encode(value, &mut out).unwrap();
        out
    }

    #[test]
    fn fields_may_be_reordered_and_added() {
        #[derive(Serialize)]
        struct Old {
            name: String,
            seats: u8,
        }
        #[derive(Deserialize, Debug, PartialEq)]
        struct New {
            seats: u8,
            #[serde(default)]
            colour: Option<String>,
            name: String,
        }
        let old = Old {
            name: "Ada".into(),
            seats: 4,
        };
        let new: New = MessagePack.decode(&bytes(&old)).unwrap();
        assert_eq!((new.name.as_str(), new.seats, new.colour), ("Ada", 4, None));
    }

    #[test]
    fn bytes_after_the_value_are_an_error() {
        let mut out = bytes(&1_u8);
        out.push(0);
        assert!(MessagePack.decode::<u8>(&out).is_err());
    }

    #[test]
    fn deep_nesting_is_an_error_and_no_overflow() {
        #[derive(Serialize, Deserialize)]
        struct Nested {
            inner: Option<Box<Nested>>,
        }
        // {"inner": {"inner": …
        let deep = b"\x81\xa5inner".repeat(100_000);
        assert!(MessagePack.decode::<Nested>(&deep).is_err());
    }

    #[test]
    fn shared_values_are_written_as_what_they_share() {
        let value = std::sync::Arc::new(vec![1_u8, 2]);
        let back: std::sync::Arc<Vec<u8>> = MessagePack.decode(&bytes(&value)).unwrap();
        assert_eq!(back, value);
    }
}
