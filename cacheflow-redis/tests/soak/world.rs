//! What there is: keys, what they are made of, and what can be forgotten at once.

use std::sync::Arc;

use cacheflow::key::{FullKey, Pattern};
use cacheflow_testkit::history::{How, Key};

/// The kinds of entries, each with a cache of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// A row, in both levels.
    A,
    /// A row, kept in memory for seconds and in small memory.
    B,
    /// A row, in the shared store alone.
    C,
    /// A row and three other rows, read through their caches.
    Page,
    /// A row and two pages.
    Site,
    /// A row and another, past its cache: the dependency is declared.
    Card,
}

pub(crate) const KINDS: [Kind; 6] = [
    Kind::A,
    Kind::B,
    Kind::C,
    Kind::Page,
    Kind::Site,
    Kind::Card,
];

/// Numbers of keys: each kind up to its end.
const ENDS: [Key; 6] = [128, 224, 256, 320, 336, 368];
/// All rows of the database.
pub(crate) const ROWS: Key = ENDS[5];
/// A row that is part of a card is judged by itself: what is declared is forgotten
/// with the key of its part and not with its part's tags.
const DECLARED: Key = 512;

/// So many tags are spread over the rows, and so many over the pages.
pub(crate) const ROW_TAGS: u32 = 8;
pub(crate) const PAGE_TAGS: u32 = 4;
const PATTERNS: [&str; 5] = ["a:1*", "b:1?0", "*:2*", "page:*7", "a:?"];

impl Kind {
    pub(crate) fn of(key: Key) -> Self {
        KINDS[ENDS.partition_point(|end| *end <= key)]
    }

    pub(crate) fn keys(self) -> std::ops::Range<Key> {
        let place = self as usize;
        let from = if place == 0 { 0 } else { ENDS[place - 1] };
        from..ENDS[place]
    }

    pub(crate) fn cache(self) -> &'static str {
        match self {
            Self::A => "a",
            Self::B => "b",
            Self::C => "c",
            Self::Page => "page",
            Self::Site => "site",
            Self::Card => "card",
        }
    }

    pub(crate) fn is_row(self) -> bool {
        matches!(self, Self::A | Self::B | Self::C)
    }
}

/// What a value is made of beside its own row; read in this order.
pub(crate) fn parts(key: Key) -> Vec<Key> {
    let number = key - Kind::of(key).keys().start;
    match Kind::of(key) {
        Kind::A | Kind::B | Kind::C => Vec::new(),
        Kind::Page => {
            let third = match number % 4 {
                0 => Kind::C.keys().start + number / 2,
                _ => number * 2,
            };
            vec![number, Kind::B.keys().start + number, third]
        }
        Kind::Site => {
            let page = Kind::Page.keys().start + number * 3;
            vec![page, page + 1]
        }
        Kind::Card => vec![number * 3],
    }
}

/// By which number a part of a value is judged.
pub(crate) fn judged(of: Key, part: Key) -> Key {
    match Kind::of(of) {
        Kind::Card if of != part => DECLARED + part,
        _ => part,
    }
}

/// By which numbers a row is judged.
pub(crate) fn judged_rows(row: Key) -> Vec<Key> {
    let is_declared = Kind::Card.keys().any(|card| parts(card).contains(&row));
    let declared = is_declared.then_some(DECLARED + row);
    std::iter::once(row).chain(declared).collect()
}

pub(crate) fn row_tag(key: Key) -> String {
    format!("g:{}", key % ROW_TAGS)
}

pub(crate) fn page_tag(page: Key) -> String {
    format!("p:{}", page % PAGE_TAGS)
}

/// Rows whose tags tell their version: whoever writes one forgets the version
/// before it.
pub(crate) fn tells_version(key: Key) -> bool {
    Kind::of(key).is_row() && key % 16 == 5
}

pub(crate) fn version_tag(key: Key, version: u64) -> String {
    format!("v:{key}:{version}")
}

/// What one call forgets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Key(Key),
    /// The tag of one version of this key.
    Version(Key),
    RowTag(u32),
    PageTag(u32),
    Pattern(u32),
    Cache(Kind),
    All,
}

impl Target {
    pub(crate) fn how(self) -> How {
        match self {
            Self::Key(_) => How::Key,
            Self::Version(_) | Self::RowTag(_) | Self::PageTag(_) => How::Tag,
            Self::Pattern(_) => How::Pattern,
            Self::Cache(_) => How::Cache,
            Self::All => How::All,
        }
    }

    pub(crate) fn pattern(number: u32) -> &'static str {
        PATTERNS[number as usize]
    }

    pub(crate) const PATTERNS: u32 = PATTERNS.len() as u32;
}

/// All targets by number, and what they cover.
pub(crate) struct Targets {
    all: Vec<(Target, Arc<[Key]>)>,
}

impl Targets {
    pub(crate) fn new() -> Self {
        let keys = (0..ROWS).map(Target::Key);
        let versions = (0..ROWS)
            .filter(|key| tells_version(*key))
            .map(Target::Version);
        let tags = (0..ROW_TAGS).map(Target::RowTag);
        let page_tags = (0..PAGE_TAGS).map(Target::PageTag);
        let patterns = (0..Target::PATTERNS).map(Target::Pattern);
        let caches = KINDS.map(Target::Cache);
        let all = keys
            .chain(versions)
            .chain(tags)
            .chain(page_tags)
            .chain(patterns)
            .chain(caches)
            .chain([Target::All]);
        Self {
            all: all.map(|target| (target, covered(target).into())).collect(),
        }
    }

    pub(crate) fn number(&self, target: Target) -> u32 {
        let place = self.all.iter().position(|(other, _)| *other == target);
        place.expect("a target of this world") as u32
    }

    pub(crate) fn by_number(&self, number: u32) -> Option<(Target, Arc<[Key]>)> {
        self.all.get(number as usize).cloned()
    }
}

/// The rows that no read may give an older version of when this was forgotten: its
/// own, and of each value that was made of them its own row.
fn covered(target: Target) -> Vec<Key> {
    let direct: Vec<Key> = (0..ROWS).filter(|key| is_direct(target, *key)).collect();
    // A version's tag is on what holds that version alone.
    if matches!(target, Target::Version(_)) {
        return direct;
    }
    let is_tag = matches!(target, Target::RowTag(_) | Target::PageTag(_));
    let is_covered = |key: &Key| {
        let whole = whole(*key);
        let is_declared = Kind::of(*key) == Kind::Card;
        direct.contains(key)
            || (!(is_tag && is_declared) && whole.iter().any(|part| direct.contains(part)))
    };
    let rows = (0..ROWS).filter(is_covered);
    let declared = direct.iter().filter(|_| !is_tag).map(|row| DECLARED + row);
    rows.chain(declared.filter(|key| is_judged(*key))).collect()
}

fn is_judged(declared: Key) -> bool {
    judged_rows(declared - DECLARED).contains(&declared)
}

fn is_direct(target: Target, key: Key) -> bool {
    let kind = Kind::of(key);
    match target {
        Target::Key(forgotten) | Target::Version(forgotten) => key == forgotten,
        Target::RowTag(tag) => kind.is_row() && key % ROW_TAGS == tag,
        Target::PageTag(tag) => kind == Kind::Page && key % PAGE_TAGS == tag,
        Target::Pattern(number) => {
            let pattern = Pattern::new(Target::pattern(number)).expect("a pattern");
            pattern.matches(&full_key(key))
        }
        Target::Cache(cache) => cache == kind,
        Target::All => true,
    }
}

/// All rows of a value, its own first.
fn whole(key: Key) -> Vec<Key> {
    let mut whole = vec![key];
    for part in parts(key) {
        whole.extend(self::whole(part));
    }
    whole
}

pub(crate) fn full_key(key: Key) -> FullKey {
    FullKey::parse(&format!("{}:{key}", Kind::of(key).cache())).expect("a key")
}
