//! A codec for one type of value, as an object.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Codec;
use super::schema::{self, Way};
use crate::error::Result;

/// A [`Codec`] for one type of value.
pub(crate) trait ValueCodec<V>: Send + Sync {
    fn encode(&self, value: &V, out: &mut Vec<u8>) -> Result<()>;
    fn decode(&self, bytes: &[u8]) -> Result<V>;
}

impl<V: Serialize + DeserializeOwned> ValueCodec<V> for Codec {
    fn encode(&self, value: &V, out: &mut Vec<u8>) -> Result<()> {
        Self::encode(self, value, out)
    }

    fn decode(&self, bytes: &[u8]) -> Result<V> {
        Self::decode(self, bytes)
    }
}

impl Codec {
    /// What stands in entries for the schema of `V`, of which the user says `version`;
    /// 0 if nothing is known of it.
    ///
    /// # Errors
    ///
    /// Says that nothing is known, where something must be.
    pub(crate) fn schema<V: DeserializeOwned + 'static>(
        &self,
        version: Option<u32>,
    ) -> Result<u64, String> {
        let names_fields = self.traits().names_fields;
        let fingerprint = schema::fingerprint::<V>(Way {
            is_human_readable: self.is_human_readable(),
            names_fields,
        });
        match (fingerprint, version) {
            (fingerprint, Some(version)) => Ok(schema::versioned(fingerprint, version)),
            (Some(fingerprint), None) => Ok(fingerprint),
            (None, None) if names_fields => Ok(0),
            (None, None) => Err(format!(
                "codec = {self}: the schema of {} cannot be traced, and this codec does not \
                 write the names of fields; allowed is msgpack or json, or a schema_version, to \
                 be raised with each change of the type",
                std::any::type_name::<V>()
            )),
        }
    }
}
