//! The choice of a codec, and what each refuses to write.

use std::collections::HashMap;

use cacheflow::codec::{Codec, Compression, Format, Reading, erased_serde};
use cacheflow::{BoxError, Cache, CacheFlow, ErrorKind, Event, Unreadable};
use cacheflow_testkit::MemoryBackend;
use serde::{Deserialize, Serialize};

use crate::world::{
    CODECS, NAME, NAMELESS, faults, flow, forged, load, read, so_far, users, wire, written,
};

/// JSON that people can read, in a few lines.
struct Pretty;

impl Format for Pretty {
    fn id(&self) -> u8 {
        130
    }

    fn name(&self) -> &'static str {
        "pretty"
    }

    fn encode(
        &self,
        value: &dyn erased_serde::Serialize,
        out: &mut Vec<u8>,
    ) -> Result<(), BoxError> {
        Ok(serde_json::to_writer_pretty(out, value)?)
    }

    fn decode(&self, bytes: &[u8], reading: Reading<'_>) -> Result<(), BoxError> {
        let mut deserializer = serde_json::Deserializer::from_slice(bytes);
        reading.read(&mut deserializer)?;
        Ok(deserializer.end()?)
    }
}

/// The payload that lies on the server, and its codec.
fn stored(server: &MemoryBackend) -> (u8, Vec<u8>) {
    let bytes = server.value(NAME).unwrap().bytes;
    let length = u32::from_le_bytes(*bytes[70..].first_chunk().unwrap());
    (bytes[19], bytes[bytes.len() - length as usize..].to_vec())
}

#[tokio::test]
async fn a_flows_codec_is_that_of_its_caches_unless_they_have_their_own() {
    let server = MemoryBackend::new();
    let flow = flow(&server, |flow| flow.codec(Codec::Json)).await;
    load(&users(&flow), Some("Ada".to_owned())).await;
    assert_eq!(stored(&server), (2, b"\"Ada\"".to_vec()));

    let other = crate::world::flow(&server, |flow| flow.codec(Codec::Json)).await;
    let cache: Cache<u64, Option<String>> =
        other.cache("users").codec(Codec::Postcard).build().unwrap();
    let mut events = other.events();
    load(&cache, Some("Ada".to_owned())).await;
    assert_eq!(stored(&server), (4, b"\x01\x03Ada".to_vec()));
    assert_eq!(faults(&mut events), [Unreadable::Codec]);
}

#[tokio::test]
async fn without_a_choice_it_is_messagepack_with_names() {
    #[derive(Clone, Serialize, Deserialize)]
    struct User {
        id: u8,
    }
    let server = MemoryBackend::new();
    let flow = flow(&server, |flow| flow).await;
    load(&users(&flow), User { id: 7 }).await;
    assert_eq!(stored(&server), (1, b"\x81\xa2id\x07".to_vec()));
}

#[tokio::test]
async fn a_format_of_ones_own_takes_a_few_lines() {
    let server = MemoryBackend::new();
    let one = flow(&server, |flow| flow.codec(Codec::custom(Pretty))).await;
    let two = flow(&server, |flow| flow.codec(Codec::custom(Pretty))).await;
    load(&users(&one), vec![1_u8, 2]).await;
    assert_eq!(stored(&server), (130, b"[\n  1,\n  2\n]".to_vec()));
    let cache = users::<Vec<u8>>(&two);
    assert_eq!(load(&cache, Vec::new()).await, [1, 2]);
    assert_eq!(cache.stats().shared_hits, 1);
    // The limits are around it as well.
    let codec = Codec::custom(Pretty);
    let mut out = Vec::new();
    assert!(codec.encode(&Some(None::<u8>), &mut out).is_err());
    #[derive(Debug, Deserialize)]
    struct Lists(#[allow(dead_code)] Vec<Lists>);
    let deep = format!("{}{}", "[".repeat(125), "]".repeat(125));
    let fault = codec.decode::<Lists>(deep.as_bytes()).unwrap_err();
    assert!(fault.to_string().contains("nested too deep"), "{fault}");
}

#[test]
fn codecs_have_names() {
    for codec in CODECS {
        assert_eq!(Codec::named(codec.name()).unwrap(), codec);
    }
    let fault = Codec::named("yaml").unwrap_err();
    assert_eq!(fault.kind(), ErrorKind::InvalidConfig);
    let text = fault.to_string();
    assert!(
        text.contains("allowed are msgpack, json, bincode, postcard"),
        "{text}"
    );
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(untagged)]
enum Untraceable {
    Number(u8),
}

#[tokio::test]
async fn fields_without_names_want_a_known_schema_and_all_faults_are_told() {
    for codec in NAMELESS {
        let flow = CacheFlow::builder().build().await.unwrap();
        let builder = || flow.cache::<u64, Untraceable>("any").codec(codec.clone());
        let bad = builder()
            .max_entries(0)
            .compression(Compression::zstd().level(99))
            .build()
            .unwrap_err();
        assert_eq!(bad.kind(), ErrorKind::InvalidConfig);
        let text = bad.to_string();
        for part in [
            "cannot be traced",
            codec.name(),
            "schema_version",
            "max_entries = 0",
            "compression.level = 99: allowed is 1 to 19",
        ] {
            assert!(text.contains(part), "{part} is not in {text}");
        }
        assert!(builder().schema_version(1).build().is_ok());
    }
    for codec in [Codec::MessagePack, Codec::Json] {
        let flow = CacheFlow::builder().codec(codec).build().await.unwrap();
        assert!(flow.cache::<u64, Untraceable>("any").build().is_ok());
    }
}

#[tokio::test]
async fn an_id_of_the_frameworks_is_refused() {
    struct Thief;
    impl Format for Thief {
        fn id(&self) -> u8 {
            1
        }
        fn name(&self) -> &'static str {
            "thief"
        }
        fn encode(&self, _: &dyn erased_serde::Serialize, _: &mut Vec<u8>) -> Result<(), BoxError> {
            Ok(())
        }
        fn decode(&self, _: &[u8], _: Reading<'_>) -> Result<(), BoxError> {
            Ok(())
        }
    }
    let built = CacheFlow::builder()
        .codec(Codec::custom(Thief))
        .build()
        .await;
    let text = built.unwrap_err().to_string();
    assert!(
        text.contains("its id is 1, allowed is 128 to 255"),
        "{text}"
    );
}

#[tokio::test]
async fn handles_with_other_options_are_told() {
    let flow = CacheFlow::builder().build().await.unwrap();
    let _: Cache<u64, u8> = flow.cache("users").codec(Codec::Json).build().unwrap();
    let other = flow
        .cache::<u64, u8>("users")
        .codec(Codec::Bincode)
        .schema_version(3)
        .compress_above(9)
        .build();
    let text = other.unwrap_err().to_string();
    for part in [
        "codec = json, not bincode",
        "schema_version = none, not 3",
        "compress_above = the flow's, not 9",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Sparse {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nick: Option<String>,
    age: u8,
}

#[test]
fn a_field_that_is_left_out_wants_names() {
    let (whole, sparse) = (
        Sparse {
            nick: Some("Ada".into()),
            age: 36,
        },
        Sparse {
            nick: None,
            age: 36,
        },
    );
    for codec in CODECS {
        let wire = wire::<Sparse>(&codec);
        assert_eq!(
            read(&wire, &written(&wire, &whole).unwrap()).unwrap(),
            whole
        );
        let bytes = written(&wire, &sparse);
        if NAMELESS.contains(&codec) {
            let text = bytes.unwrap_err().to_string();
            assert!(text.contains("a field is left out"), "{text}");
        } else {
            assert_eq!(read(&wire, &bytes.unwrap()).unwrap(), sparse);
        }
    }
}

/// A value that would come back as another is returned, told and not kept.
#[tokio::test]
async fn what_cannot_come_back_is_not_kept_anywhere() {
    let server = MemoryBackend::new();
    let flow = flow(&server, |flow| flow).await;
    let cache: Cache<u64, Vec<Option<Option<u8>>>> = flow.cache("users").build().unwrap();
    let mut events = flow.events();
    let value = vec![None, Some(None), Some(Some(1))];
    assert_eq!(load(&cache, value.clone()).await, value);
    assert_eq!(server.value(NAME), None);
    assert!(cache.peek(&7).is_none());
    let told = so_far(&mut events);
    let is_told = |event: &Event| matches!(event, Event::StoreFailed { error, .. } if error.contains("reads as None"));
    assert!(told.iter().any(is_told), "{told:?}");
    // The same where it can.
    let builder = flow.cache::<u64, Vec<Option<Option<u8>>>>("others");
    let others = builder.codec(Codec::Postcard).build().unwrap();
    assert_eq!(load(&others, value.clone()).await, value);
    assert!(others.peek(&7).is_some());
}

#[test]
fn json_keeps_no_number_that_is_none() {
    let json = wire::<f64>(&Codec::Json);
    for number in [f64::NAN, f64::INFINITY] {
        assert!(written(&json, &number).is_err());
        let other = wire::<f64>(&Codec::MessagePack);
        let back = read(&other, &written(&other, &number).unwrap()).unwrap();
        assert_eq!(back.to_bits(), number.to_bits());
    }
}

/// Where fields have names, bytes in which they have none are another's.
#[test]
fn fields_by_place_are_not_read_as_fields_by_name() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Size {
        width: u8,
        height: u8,
    }
    let cases: [(Codec, &[u8]); 2] = [
        (Codec::MessagePack, b"\x92\x01\x02"),
        (Codec::Json, b"[1,2]"),
    ];
    for (codec, bytes) in cases {
        let wire = wire::<Size>(&codec);
        assert_eq!(read(&wire, &forged(&wire, bytes)), Err(Unreadable::Payload));
        let map: HashMap<&str, u8> = [("width", 1), ("height", 2)].into();
        let mut named = Vec::new();
        codec.encode(&map, &mut named).unwrap();
        assert!(read(&wire, &forged(&wire, &named)).is_ok());
    }
}

#[test]
fn bytes_behind_the_value_are_another_value() {
    for codec in CODECS {
        let wire = wire::<u32>(&codec);
        let mut payload = wire.encode(&7).unwrap();
        assert_eq!(read(&wire, &forged(&wire, &payload)), Ok(7));
        payload.push(if codec == Codec::Json { b'7' } else { 0 });
        payload.push(0);
        let seen = read(&wire, &forged(&wire, &payload));
        assert_eq!(seen, Err(Unreadable::Payload), "{codec}");
    }
}
