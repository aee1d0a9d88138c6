use std::fmt;
use std::str::FromStr;

/// What is evicted from memory when it is full.
///
/// Written `clock-pro` and `tiny-lfu` in configuration and in attributes.
///
/// ```
/// use cacheflow::Eviction;
///
/// assert_eq!("tiny-lfu".parse::<Eviction>()?, Eviction::TinyLfu);
/// assert_eq!(Eviction::default().to_string(), "clock-pro");
/// # Ok::<_, String>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Eviction {
    /// CLOCK-Pro (Jiang, Chen, Zhang: CLOCK-Pro, an effective improvement of the CLOCK
    /// replacement, USENIX 2005), by the crate `quick_cache`. On all recorded traces that
    /// it was tried with it served at least as many requests as TinyLFU, in a fifth of the
    /// memory that an entry costs.
    ///
    /// A memory for more than 16,383 entries, or of 128 MiB or more, is divided into parts
    /// that fill and evict by themselves, so that it evicts a little before all of them are
    /// full. What weighs more than four fifths of such a part is not kept: of a memory of
    /// less than 128 MiB, four fifths of the whole; else, of a part of 64 to 128 MiB, or of
    /// a 64th of more than 4 GiB. Entries whose time is over are freed by those who put
    /// others.
    #[default]
    ClockPro,
    /// W-TinyLFU (Einziger, Friedman, Manes: TinyLFU, a highly efficient cache admission
    /// policy, ACM Transactions on Storage 2017), by the crate `moka`: what is asked for
    /// seldom is not let in where all else is asked for more often. Its room is not
    /// divided.
    TinyLfu,
}

impl Eviction {
    const ALL: [(&'static str, Self); 2] =
        [("clock-pro", Self::ClockPro), ("tiny-lfu", Self::TinyLfu)];
}

impl fmt::Display for Eviction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of_it = Self::ALL.iter().find(|(_, eviction)| eviction == self);
        f.write_str(of_it.map_or("", |(name, _)| name))
    }
}

impl FromStr for Eviction {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let named = Self::ALL.iter().find(|(name, _)| *name == text);
        named.map(|(_, eviction)| *eviction).ok_or_else(|| {
            let allowed = Self::ALL.map(|(name, _)| name).join(" or ");
            format!("eviction = {text:?}: allowed is {allowed}")
        })
    }
}
