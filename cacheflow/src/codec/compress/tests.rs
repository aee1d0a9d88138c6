use super::zstd::Packer;
use super::*;
use crate::error::Unreadable;

fn text(length: usize) -> Vec<u8> {
    b"a value that repeats itself ".repeat(length / 28 + 1)[..length].to_vec()
}

/// What nobody can make shorter.
fn noise(length: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let mut counter = 0_u64;
    while out.len() < length {
        out.extend_from_slice(blake3::hash(&counter.to_le_bytes()).as_bytes());
        counter += 1;
    }
    out.truncate(length);
    out
}

#[test]
fn what_is_longer_than_the_threshold_is_compressed_and_comes_back() {
    let packer = Packer::new(&Compression::zstd());
    assert_eq!(packer.pack(&text(1024)), None);
    let packed = packer.pack(&text(1025)).expect("it becomes shorter");
    assert!(packed.len() < 100);
    assert_eq!(packer.unpack(&packed, 2000), Ok(text(1025)));
    assert_eq!(Packer::new(&Compression::none()).pack(&text(5000)), None);
    assert!(
        Packer::new(&Compression::zstd().above(10))
            .pack(&text(200))
            .is_some()
    );
    // What nobody compresses any more is still read.
    let none = Packer::new(&Compression::none());
    assert_eq!(none.unpack(&packed, 2000), Ok(text(1025)));
}

#[test]
fn what_does_not_become_shorter_is_left() {
    let packer = Packer::new(&Compression::zstd().above(0));
    assert_eq!(packer.pack(&noise(5000)), None);
    assert_eq!(packer.pack(b""), None);
    assert_eq!(packer.pack(b"x"), None);
    // The context that has failed is none any more; the next one works.
    assert!(packer.pack(&text(5000)).is_some());
}

#[test]
fn the_level_is_used() {
    let sample: Vec<u8> = (0..4000_u32)
        .flat_map(|n| {
            format!(
                "{{\"id\":{},\"name\":\"user {}\"}}",
                n * 7919 % 1000,
                n % 37
            )
            .into_bytes()
        })
        .collect();
    let length = |level| {
        let packer = Packer::new(&Compression::zstd().level(level));
        packer.pack(&sample).unwrap().len()
    };
    assert!(length(19) < length(1));
}

#[test]
fn a_bomb_is_refused_before_room_is_made_for_it() {
    let packer = Packer::new(&Compression::zstd());
    let zeros = vec![0; 32 * 1024 * 1024];
    let bomb = packer.pack(&zeros).unwrap();
    assert!(bomb.len() < 2000);
    assert_eq!(packer.unpack(&bomb, 1024 * 1024), Err(Unreadable::TooLong));
    // One that says that it is small, and is not.
    let small = packer.pack(&vec![0; 2000]).unwrap();
    let both = [&small[..], &bomb[..]].concat();
    assert_eq!(packer.unpack(&both, 1024 * 1024), Err(Unreadable::Payload));
}

#[test]
fn what_is_no_frame_is_unreadable() {
    let packer = Packer::new(&Compression::zstd());
    let good = packer.pack(&text(3000)).unwrap();
    assert_eq!(packer.unpack(b"", 10), Err(Unreadable::Payload));
    for len in 0..good.len() {
        assert!(packer.unpack(&good[..len], 1 << 20).is_err(), "{len}");
    }
    assert!(packer.unpack(&noise(100), 1 << 20).is_err());
}

fn samples(seed: u32) -> Vec<Vec<u8>> {
    let sample = |n: u32| {
        format!(
            "{{\"id\":{n},\"currency\":\"EUR\",\"state\":\"delivered\",\"carrier\":\"post\",\"lines\":[{}]}}",
            n.wrapping_mul(7919) ^ seed
        )
    };
    (0..2000).map(|n| sample(n).into_bytes()).collect()
}

#[test]
fn a_dictionary_makes_small_values_smaller_and_its_version_stays_readable() {
    let one = Dictionary::train(1, &samples(1), 4096).unwrap();
    let two = Dictionary::train(2, &samples(2), 4096).unwrap();
    assert_eq!((one.version(), two.version()), (1, 2));
    let old =
        Packer::new(&Compression::zstd().dictionaries(Dictionaries::default().with(one.clone())));
    let all = Dictionaries::default().with(two.clone()).with(one.clone());
    let both = Packer::new(&Compression::zstd().dictionaries(all));
    let value = &samples(3)[77];

    let by_old = old.pack(value).expect("smaller");
    assert!(
        by_old.len() * 2 < value.len(),
        "{} of {}",
        by_old.len(),
        value.len()
    );
    let without = Packer::new(&Compression::zstd().above(64));
    assert!(
        without
            .pack(value)
            .is_none_or(|packed| packed.len() > by_old.len())
    );

    assert_eq!(both.unpack(&by_old, 1000).as_ref(), Ok(value));
    let by_new = both.pack(value).expect("smaller");
    assert_eq!(both.unpack(&by_new, 1000).as_ref(), Ok(value));
    assert_eq!(old.unpack(&by_new, 1000), Err(Unreadable::Dictionary));
    assert_eq!(without.unpack(&by_old, 1000), Err(Unreadable::Dictionary));
    // Without a dictionary it was written, with one it is read.
    let plain = without.pack(&text(3000)).unwrap();
    assert_eq!(both.unpack(&plain, 3000), Ok(text(3000)));
}

#[test]
fn dictionaries_lie_in_a_folder_by_cache_and_version() {
    let folder = std::env::temp_dir().join(format!("cacheflow-zdict-{}", std::process::id()));
    assert!(Dictionaries::load(&folder, "carts").unwrap().is_empty());
    std::fs::create_dir_all(&folder).unwrap();
    let one = Dictionary::train(1, &samples(1), 4096).unwrap();
    let twelve = Dictionary::train(12, &samples(2), 4096).unwrap();
    let file = one.save(&folder, "carts").unwrap();
    assert_eq!(file.file_name().unwrap(), "carts.1.zdict");
    one.save(&folder, "carts").unwrap();
    twelve.save(&folder, "carts").unwrap();
    let other = Dictionary::train(1, &samples(9), 4096).unwrap();
    let taken = other.save(&folder, "carts").unwrap_err();
    assert_eq!(taken.kind(), std::io::ErrorKind::AlreadyExists);
    other.save(&folder, "carts.eu").unwrap();

    let known = Dictionaries::load(&folder, "carts").unwrap();
    assert_eq!(
        known,
        Dictionaries::default().with(one).with(twelve.clone())
    );
    assert_eq!(known.newest(), Some(&twelve));
    std::fs::write(folder.join("carts.3.zdict"), b"nonsense").unwrap();
    assert!(Dictionaries::load(&folder, "carts").is_err());
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn too_few_samples_and_bad_versions_are_told() {
    let few = Dictionary::train(1, &[b"one".to_vec()], 4096).unwrap_err();
    assert!(
        few.to_string().contains("1 samples are not enough"),
        "{few}"
    );
    let zero = Dictionary::train(0, &samples(1), 4096).unwrap_err();
    assert!(zero.to_string().contains("version = 0"), "{zero}");
    assert!(Dictionary::from_bytes(&b"nonsense"[..]).is_err());
}

#[test]
fn options_out_of_range_are_told() {
    assert!(Compression::default().faults().is_empty());
    let faults = Compression::zstd().level(20).above(usize::MAX).faults();
    assert_eq!(faults.len(), 2, "{faults:?}");
    assert!(faults[0].contains("level = 20: allowed is 1 to 19"));
}
