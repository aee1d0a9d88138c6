use super::*;

fn sample() -> Envelope<'static> {
    let tags = ["org:7", "a"].map(|tag| Tag::new(tag).unwrap());
    let dependencies = ["orders:1"].map(|key| FullKey::parse(key).unwrap());
    let marks = Marks::new(tags.to_vec(), dependencies.to_vec());
    Envelope {
        marks: Cow::Owned(marks),
        version: Some(Cow::Borrowed("w/7")),
        ..plain()
    }
}

fn absent() -> Envelope<'static> {
    Envelope {
        payload: None,
        ..sample()
    }
}

fn plain() -> Envelope<'static> {
    Envelope {
        as_of: 7,
        incarnation: 0xfeed,
        codec: 1,
        schema: 99,
        created: 1_000,
        expires: 2_000,
        stale_until: 2_000,
        load_micros: 12,
        payload: Some(b"the payload"),
        ..Envelope::of(b"42")
    }
}

fn read(bytes: &[u8]) -> Result<Envelope<'_>, Unreadable> {
    Envelope::decode(bytes, b"42", 1, 99)
}

#[test]
fn what_is_written_is_read() {
    let compressed = Envelope {
        is_compressed: true,
        ..sample()
    };
    let sealed = |envelope| Envelope {
        seal: Some(&[7; Envelope::SEAL_BYTES]),
        ..envelope
    };
    let all = [plain(), sample(), absent(), compressed.clone()];
    for envelope in all
        .into_iter()
        .chain([sealed(compressed), sealed(absent())])
    {
        let bytes = envelope.encode().unwrap();
        assert_eq!(read(&bytes), Ok(envelope));
    }
}

#[test]
fn a_provisional_value_is_none_until_it_is_made_permanent() {
    let mut bytes = sample().encode().unwrap();
    Envelope::provisional(&mut bytes);
    assert_eq!(bytes[16..18], Envelope::PROVISIONAL);
    assert_eq!(read(&bytes), Err(Unreadable::Provisional));
    bytes[16..18].copy_from_slice(b"CF");
    assert_eq!(read(&bytes), Ok(sample()));
}

#[test]
fn the_overhead_is_at_most_eighty_bytes() {
    let plain = plain();
    let bytes = plain.encode().unwrap();
    assert!(bytes.len() - plain.key.len() - b"the payload".len() <= 80);
}

#[test]
fn every_truncation_and_extension_is_unreadable() {
    let bytes = sample().encode().unwrap();
    for len in 0..bytes.len() {
        assert!(read(&bytes[..len]).is_err(), "{len}");
    }
    let mut longer = bytes;
    longer.push(0);
    assert!(read(&longer).is_err());
}

#[test]
fn every_flipped_bit_is_unreadable() {
    let bytes = sample().encode().unwrap();
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(read(&flipped).is_err(), "bit {bit}");
    }
}

#[test]
fn what_does_not_belong_here_is_told_apart() {
    let bytes = sample().encode().unwrap();
    let cases = [
        (Envelope::decode(&bytes, b"43", 1, 99), Unreadable::Key),
        (Envelope::decode(&bytes, b"42", 2, 99), Unreadable::Codec),
        (Envelope::decode(&bytes, b"42", 1, 98), Unreadable::Schema),
        (read(b""), Unreadable::Truncated),
        (read(&[b'x'; 200]), Unreadable::Magic),
    ];
    for (outcome, fault) in cases {
        assert_eq!(outcome, Err(fault));
    }
}

#[test]
fn another_version_or_unknown_flags_are_unreadable_even_with_a_right_checksum() {
    for (at, fault) in [(18, Unreadable::Version), (20, Unreadable::Flags)] {
        let mut bytes = sample().encode().unwrap();
        bytes[at] += 8;
        let crc = checksum(&bytes).to_le_bytes();
        bytes[CRC_AT..HEADER_BYTES].copy_from_slice(&crc);
        assert_eq!(read(&bytes), Err(fault), "{at}");
    }
}

#[test]
fn what_says_that_it_is_nothing_has_no_payload() {
    let mut bytes = sample().encode().unwrap();
    bytes[20] = 1;
    let crc = checksum(&bytes).to_le_bytes();
    bytes[CRC_AT..HEADER_BYTES].copy_from_slice(&crc);
    assert_eq!(read(&bytes), Err(Unreadable::Payload));
}

#[test]
fn a_store_can_put_its_own_number_in_front() {
    let mut bytes = sample().encode().unwrap();
    bytes[..8].copy_from_slice(&8_u64.to_le_bytes());
    bytes[8..16].copy_from_slice(&8_u64.to_le_bytes());
    assert_eq!(read(&bytes).unwrap().as_of, 8);
}
