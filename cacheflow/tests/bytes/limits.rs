//! How long, how many, how large: before anything is allocated.

use cacheflow::codec::{Codec, Compression, Wire};
use cacheflow::entry::Envelope;
use cacheflow::{Cache, Event, Strategy, Unreadable};
use cacheflow_testkit::MemoryBackend;

use crate::world::{
    CODECS, KEY, NAME, NAMELESS, faults, flow, forged, load, read, so_far, wire, written,
};

#[tokio::test]
async fn the_longest_encoding_counts_before_it_is_compressed() {
    let server = MemoryBackend::new();
    let flow = flow(&server, |flow| flow).await;
    let cache: Cache<u64, String> = flow.cache("users").max_value_bytes(2000).build().unwrap();
    let mut events = flow.events();
    let long = "x".repeat(3000);
    assert_eq!(load(&cache, long.clone()).await, long);
    assert_eq!(server.value(NAME), None);
    let told = so_far(&mut events);
    let is_told = |event: &Event| matches!(event, Event::TooLarge { bytes: 3003, .. });
    assert!(told.iter().any(is_told), "{told:?}");
    load(&cache, "x".repeat(1000)).await;
    assert!(server.value(NAME).is_some());
}

#[tokio::test]
async fn by_default_a_megabyte_is_the_most() {
    let server = MemoryBackend::new();
    let flow = flow(&server, |flow| flow).await;
    let cache: Cache<u64, String> = flow.cache("users").build().unwrap();
    load(&cache, "x".repeat(1024 * 1024)).await;
    assert_eq!(server.value(NAME), None);
    load(&cache, "x".repeat(1024 * 1024 - 5)).await;
    assert!(server.value(NAME).is_some());
}

/// What another instance may write, this one need not read.
#[tokio::test]
async fn what_becomes_too_long_is_a_miss() {
    let server = MemoryBackend::new();
    let writer = flow(&server, |flow| flow).await;
    let reader = flow(&server, |flow| flow).await;
    let large: Cache<u64, String> = writer.cache("users").build().unwrap();
    let small = reader.cache("users").strategy(Strategy::cache_aside());
    let small: Cache<u64, String> = small.max_value_bytes(500).build().unwrap();
    // Compressed it is short.
    load(&large, "x".repeat(100_000)).await;
    assert!(server.value(NAME).unwrap().bytes.len() < 300);
    let mut events = reader.events();
    assert_eq!(load(&small, "short".to_owned()).await, "short");
    assert_eq!(faults(&mut events), [Unreadable::TooLong]);
}

#[test]
fn what_is_too_long_is_not_even_looked_at() {
    let wire = Wire::<Vec<u8>>::new(&Codec::Postcard, &Compression::none(), None).unwrap();
    let wire = wire.at_most(100);
    let garbage = vec![0; 1024 * 1024];
    assert_eq!(wire.open(&garbage, KEY).unwrap_err(), Unreadable::TooLong);
    assert_eq!(
        read(&wire, &forged(&wire, &[1; 101])),
        Err(Unreadable::TooLong)
    );
    assert_ne!(
        read(&wire, &forged(&wire, &[1; 100])),
        Err(Unreadable::TooLong)
    );
}

/// A few bytes that speak of terabytes.
#[test]
fn lengths_are_not_believed() {
    for codec in CODECS {
        let (texts, lists) = (wire::<String>(&codec), wire::<Vec<Vec<u64>>>(&codec));
        for payload in [
            &b"\xdb\xff\xff\xff\xff"[..],
            b"\xdd\xff\xff\xff\xff\xdd\xff\xff\xff\xff",
            b"\xfd\xff\xff\xff\xff\xff\xff\xff\x7f",
            b"\xfc\xff\xff\xff\xff",
            b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
            b"\xff\xff\xff\xff\x0f\xff\xff\xff\xff\x0f",
        ] {
            let of_text = read(&texts, &forged(&texts, payload));
            assert_eq!(of_text, Err(Unreadable::Payload), "{codec}");
            let of_list = read(&lists, &forged(&lists, payload));
            assert_eq!(of_list, Err(Unreadable::Payload), "{codec}");
        }
    }
}

/// Elements that take no bytes could come by the billion.
#[test]
fn elements_of_nothing_are_counted() {
    for codec in NAMELESS {
        let wire = wire::<Vec<()>>(&codec);
        let count = |bytes: &[u8]| read(&wire, &forged(&wire, bytes)).map(|all| all.len());
        // 2^35 of them, in six bytes.
        let billions: &[u8] = match codec {
            Codec::Bincode => b"\xfd\x00\x00\x00\x00\x08\x00\x00\x00",
            _ => b"\x80\x80\x80\x80\x80\x01",
        };
        assert_eq!(count(billions), Err(Unreadable::Payload), "{codec}");
        let some = written(&wire, &vec![(); 60_000]).unwrap();
        assert_eq!(read(&wire, &some).unwrap().len(), 60_000);
        // What could not be read is not written either.
        let fault = written(&wire, &vec![(); 70_000]).unwrap_err();
        assert!(fault.to_string().contains("too many elements"), "{fault}");
    }
}

#[test]
fn an_entry_takes_at_most_80_bytes_beside_key_tags_and_payload() {
    for codec in CODECS {
        let wire = wire::<String>(&codec);
        let packed = wire.pack(wire.encode(&"Ada".to_owned()).unwrap());
        let bytes = wire.write(Envelope::of(KEY), Some(&packed)).unwrap();
        assert!(bytes.len() - KEY.len() - packed.stored() <= 80);
    }
}
