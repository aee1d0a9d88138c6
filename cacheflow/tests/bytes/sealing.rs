//! Sealed entries: read under the right key, in their own place, unchanged; else a miss.

use std::time::Duration;

use cacheflow::codec::{Codec, Compression, KeyRing, Wire};
use cacheflow::entry::Envelope;
use cacheflow::{CacheFlow, ErrorKind, Unreadable};
use cacheflow_testkit::MemoryBackend;

use crate::world::{KEY, NAME, faults, flow, load, read, users, written};

fn key(byte: u8) -> [u8; 32] {
    [byte; 32]
}

fn ring(ids: &[u32]) -> KeyRing {
    let with = |ring: KeyRing, id: &u32| ring.key(*id, key(*id as u8));
    ids.iter().fold(KeyRing::new(), with)
}

fn sealed(keys: KeyRing, namespace: &str) -> Wire<String> {
    let wire = Wire::new(&Codec::MessagePack, &Compression::default(), None).unwrap();
    wire.sealed(keys, namespace)
}

fn ada() -> String {
    "Ada Lovelace".to_owned()
}

#[test]
fn what_is_sealed_is_hidden_and_comes_back() {
    let wire = sealed(ring(&[1]), "shop");
    for value in [ada(), "x".repeat(50_000), String::new()] {
        let bytes = written(&wire, &value).unwrap();
        assert_eq!(read(&wire, &bytes), Ok(value.clone()));
        let parts = bytes.windows(8).filter(|part| *part == &b"Ada Love"[..]);
        assert_eq!(parts.count(), 0);
        // Never twice the same.
        assert_ne!(written(&wire, &value).unwrap(), bytes);
    }
    // It is compressed before: afterwards nobody could.
    assert!(written(&wire, &"x".repeat(50_000)).unwrap().len() < 500);
}

#[test]
fn the_newest_key_seals_and_any_opens() {
    let one = sealed(ring(&[1]), "shop");
    let both = sealed(ring(&[2, 1]), "shop");
    let two = sealed(ring(&[2]), "shop");
    let by_one = written(&one, &ada()).unwrap();
    let by_both = written(&both, &ada()).unwrap();
    assert_eq!(read(&both, &by_one), Ok(ada()));
    assert_eq!(read(&two, &by_both), Ok(ada()));
    assert_eq!(read(&one, &by_both), Err(Unreadable::SealKey));
    assert_eq!(read(&two, &by_one), Err(Unreadable::SealKey));
    // One that has the newest, and does not seal with it yet.
    let waiting = sealed(ring(&[1, 2]).seal_with(1), "shop");
    assert_eq!(read(&waiting, &by_both), Ok(ada()));
    assert_eq!(read(&one, &written(&waiting, &ada()).unwrap()), Ok(ada()));
    // The same id, another key.
    let other = sealed(KeyRing::new().key(1, key(9)), "shop");
    assert_eq!(read(&other, &by_one), Err(Unreadable::Seal));
}

#[test]
fn there_is_no_way_back_to_plain() {
    let plain = Wire::new(&Codec::MessagePack, &Compression::default(), None).unwrap();
    let wire = sealed(ring(&[1]), "shop");
    let bytes = written(&plain, &ada()).unwrap();
    assert_eq!(read(&wire, &bytes), Err(Unreadable::Unsealed));
    let bytes = written(&wire, &ada()).unwrap();
    assert_eq!(read(&plain, &bytes), Err(Unreadable::Seal));
}

/// With a checksum that is right again after the change.
fn changed(bytes: &[u8], change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    change(&mut bytes);
    let mut crc = crc32fast::Hasher::new();
    crc.update(&bytes[18..74]);
    crc.update(&bytes[78..]);
    bytes[74..78].copy_from_slice(&crc.finalize().to_le_bytes());
    bytes
}

/// Whoever can write to the server can make a right checksum, but no seal.
#[test]
fn every_changed_bit_breaks_the_seal() {
    let wire = sealed(ring(&[1]), "shop");
    let bytes = written(&wire, &ada()).unwrap();
    assert_eq!(read(&wire, &changed(&bytes, |_| {})), Ok(ada()));
    for bit in 18 * 8..bytes.len() * 8 {
        let flipped = changed(&bytes, |bytes| bytes[bit / 8] ^= 1 << (bit % 8));
        if (74..78).contains(&(bit / 8)) {
            continue;
        }
        assert!(read(&wire, &flipped).is_err(), "bit {bit}");
    }
}

#[test]
fn what_was_moved_is_a_miss() {
    let wire = sealed(ring(&[1]), "shop");
    let bytes = written(&wire, &ada()).unwrap();
    // To another namespace.
    let elsewhere = sealed(ring(&[1]), "other");
    assert_eq!(read(&elsewhere, &bytes), Err(Unreadable::Seal));
    // To another key, with everything put right that can be.
    let moved = changed(&bytes, |bytes| bytes[84] = b'8');
    let envelope = wire.open(&moved, b"users:8").unwrap();
    assert_eq!(wire.value(&envelope, &moved), Err(Unreadable::Seal));
    // To another lifetime.
    let longer = changed(&bytes, |bytes| bytes[38] ^= 1);
    assert_eq!(read(&wire, &longer), Err(Unreadable::Seal));
}

#[test]
fn that_there_is_no_value_is_sealed_as_well() {
    let wire = sealed(ring(&[1]), "shop");
    let nothing = wire.write(Envelope::of(KEY), None).unwrap();
    let envelope = wire.open(&nothing, KEY).unwrap();
    assert_eq!(wire.value(&envelope, &nothing), Ok(None));
    // Neither made of a value, nor written without the key.
    let bytes = written(&wire, &ada()).unwrap();
    let emptied = changed(&bytes, |bytes| {
        bytes[20] |= 1;
        bytes[70..74].fill(0);
        bytes.truncate(78 + KEY.len() + Envelope::SEAL_BYTES);
    });
    let envelope = wire.open(&emptied, KEY).unwrap();
    assert_eq!(wire.value(&envelope, &emptied), Err(Unreadable::Seal));
    let plain = Envelope::of(KEY);
    let (codec, schema) = (
        bytes[19],
        u64::from_le_bytes(*bytes[22..].first_chunk().unwrap()),
    );
    let forged = Envelope {
        codec,
        schema,
        ..plain
    }
    .encode()
    .unwrap();
    assert_eq!(wire.open(&forged, KEY).unwrap_err(), Unreadable::Unsealed);
}

#[tokio::test]
async fn a_flow_with_keys_writes_and_reads_nothing_plain() {
    let server = MemoryBackend::new();
    let plain = flow(&server, |flow| flow).await;
    let one = flow(&server, |flow| flow.sealing(ring(&[1]))).await;
    let two = flow(&server, |flow| flow.sealing(ring(&[1]))).await;
    load(&users(&plain), ada()).await;
    let mut events = one.events();
    assert_eq!(load(&users(&one), "Grace".to_owned()).await, "Grace");
    assert_eq!(faults(&mut events), [Unreadable::Unsealed]);

    // Read by the other, by one and by many.
    let cache = users::<String>(&two);
    assert_eq!(load(&cache, "not run".to_owned()).await, "Grace");
    let load_none = |_: Vec<&u64>| async { Ok::<_, String>(Vec::<(u64, String)>::new()) };
    let many = cache.get_or_load_many(&[7, 8], load_none).await;
    assert_eq!(many.values, [Some("Grace".to_owned()), None]);
    // Put by the other, which numbers it anew in the store.
    let _ = cache.put(&7, "Barbara".to_owned()).await.unwrap();
    assert_eq!(load(&users(&one), "not run".to_owned()).await, "Barbara");
    let bytes = server.value(NAME).unwrap().bytes;
    assert_eq!(bytes[20] & 4, 4);
    assert!(!bytes.windows(7).any(|part| part == b"Barbara"));

    // And not by one without keys.
    let mut events = plain.events();
    assert_eq!(load(&users(&plain), ada()).await, ada());
    assert_eq!(faults(&mut events), [Unreadable::Seal]);
}

#[tokio::test]
async fn nothings_are_sealed_and_forged_ones_are_misses() {
    let server = MemoryBackend::new();
    let cache = async || {
        let flow = flow(&server, |flow| flow.sealing(ring(&[1]))).await;
        let builder = flow.cache::<u64, String>("users");
        builder.cache_none(Duration::from_secs(60)).build().unwrap()
    };
    let load = async || Ok::<_, String>(None);
    let one = cache().await;
    assert_eq!(one.get_or_load_optional(&7, load).await.unwrap(), None);
    let bytes = server.value(NAME).unwrap().bytes;
    assert_eq!(bytes[20], 5);
    let finds = async || Ok::<_, String>(Some(ada()));
    let two = cache().await;
    assert_eq!(two.get_or_load_optional(&7, finds).await.unwrap(), None);

    let forged = changed(&bytes, |bytes| {
        bytes[20] = 1;
        bytes.truncate(78 + KEY.len());
    });
    server.overwrite(NAME, forged, Duration::from_secs(60));
    let three = cache().await;
    let found = three.get_or_load_optional(&7, finds).await.unwrap();
    assert_eq!(found, Some(ada()));
    assert_eq!(three.stats().unreadable, 1);
}

/// A flow's whole prefix: no other namespace on the server has the same.
#[tokio::test]
async fn a_flow_seals_in_its_namespace() {
    let server = MemoryBackend::new();
    let one = flow(&server, |flow| flow.sealing(ring(&[1])).namespace("one"));
    load(&users(&one.await), ada()).await;
    let bytes = server.value("cacheflow:one/users:7").unwrap().bytes;
    let here = sealed(ring(&[1]), "cacheflow:one/");
    assert_eq!(read(&here, &bytes), Ok(ada()));
    let elsewhere = sealed(ring(&[1]), "cacheflow:two/");
    assert_eq!(read(&elsewhere, &bytes), Err(Unreadable::Seal));
}

#[tokio::test]
async fn a_ring_without_keys_or_with_one_id_twice_is_refused() {
    for (keys, part) in [
        (KeyRing::new(), "a key ring without keys"),
        (ring(&[1, 2, 1]), "two keys with the id 1"),
        (
            ring(&[1, 2]).seal_with(3),
            "seal_with(3): allowed is one of 1, 2",
        ),
    ] {
        let built = CacheFlow::builder().sealing(keys).build().await;
        let fault = built.unwrap_err();
        assert_eq!(fault.kind(), ErrorKind::InvalidConfig);
        assert!(fault.to_string().contains(part), "{fault}");
    }
}

#[test]
fn keys_are_in_no_message() {
    let text = format!("{:?}", KeyRing::new().key(3, key(0xab)));
    assert_eq!(text, "KeyRing([3])");
}
