//! Many values at once: told and filled as each is by itself.

use std::time::Duration;

use cacheflow::event::Position;
use cacheflow::key::{FullKey, Marks};
use cacheflow::store::{Fill, Filled, Stored};

use super::nodes::Nodes;
use super::samples::{LONG, by_keys, by_tag, elsewhere, envelope, key, marked, tagged};

/// More than a store may ask for in one exchange.
const MANY: usize = 2_500;

impl Nodes {
    /// What node two is told of all of these at once.
    async fn many(&self, keys: &[FullKey]) -> Vec<Option<Stored>> {
        let keys: Vec<&FullKey> = keys.iter().collect();
        let told = self.two.get_many(&keys).await.expect("many values");
        assert_eq!(told.len(), keys.len(), "one answer for each key");
        told
    }

    /// Each of these is told among all of them as it is by itself.
    async fn assert_told_alike(&self, keys: &[FullKey]) {
        let told = self.many(keys).await;
        for (key, told) in keys.iter().zip(told) {
            let alone = self.two.get(key).await.expect("a get");
            let without_time = |stored: &Stored| (stored.bytes.clone(), stored.incarnation);
            assert_eq!(
                told.as_ref().map(without_time),
                alone.as_ref().map(without_time),
                "{key}"
            );
        }
    }
}

pub(super) async fn many_are_told_in_the_order_of_their_keys(nodes: &Nodes) {
    let here = nodes.position().await;
    let of = |number: usize| key(&format!("users:{number}"));
    for number in [1, 2, 3, 5, 8] {
        nodes.fill(&of(number), &number.to_string(), here).await;
    }
    // One is asked for twice, and some are not there.
    let asked = [8, 1, 4, 5, 1, 9, 2, 3, 7];
    let told = nodes.many(&asked.map(of)).await;
    for (number, told) in asked.into_iter().zip(&told) {
        let bytes = told.as_ref().map(|stored| stored.bytes.to_vec());
        let is_there = [1, 2, 3, 5, 8].contains(&number);
        let expected = is_there.then(|| envelope(here, &number.to_string()));
        assert_eq!(bytes, expected, "{number}");
    }
    assert_eq!(nodes.many(&[]).await, []);
}

pub(super) async fn each_of_many_is_told_as_by_itself(nodes: &Nodes) {
    let here = nodes.position().await;
    let old = envelope(elsewhere(here), "old");
    let hostile = ["users:*", "users:{a}", "users:\r\n", "users:"];
    for text in hostile {
        nodes.fill(&key(text), text, here).await;
    }
    for (text, bytes) in [
        ("strange:1", &b"x"[..]),
        ("strange:2", b""),
        ("old:1", &old),
    ] {
        let fill = Fill {
            key: &key(text),
            bytes,
            marks: Marks::NONE,
            ttl: LONG,
            longest: LONG,
            checked: here,
        };
        nodes.one.fill(fill).await.expect("a fill");
    }
    let mut keys: Vec<_> = hostile.into_iter().map(key).collect();
    keys.extend(["strange:1", "nobody:1", "strange:2"].map(key));
    nodes.assert_told_alike(&keys).await;
    // Whether it was forgotten since, nobody knows: the answer has to tell.
    keys.push(key("old:1"));
    nodes.assert_told_alike(&keys).await;
    for stored in nodes.many(&keys).await.iter().flatten() {
        assert_eq!(stored.incarnation, here.incarnation, "not the journal's");
    }
}

pub(super) async fn each_of_many_has_its_own_lifetime(nodes: &Nodes) {
    let here = nodes.position().await;
    let minutes = |count: u64| Duration::from_secs(count * 60);
    let keys: Vec<_> = (1..=5).map(|n| key(&format!("users:{n}"))).collect();
    for (key, count) in keys.iter().zip([50, 10, 40, 20, 30]) {
        nodes.fill_for(key, minutes(count), here).await;
    }
    let told = nodes.many(&keys).await;
    for (stored, count) in told.iter().zip([50, 10, 40, 20, 30]) {
        let remaining = stored.as_ref().expect("a value").remaining;
        let own = minutes(count - 10)..=minutes(count);
        assert!(own.contains(&remaining), "{remaining:?} of {count} minutes");
    }
}

pub(super) async fn very_many_are_told_at_once(nodes: &Nodes) {
    let here = nodes.position().await;
    let keys: Vec<_> = (0..MANY).map(|n| key(&format!("users:{n}"))).collect();
    let kept = |number: usize| number.is_multiple_of(500) || number + 1 == MANY;
    for (number, key) in keys.iter().enumerate().filter(|(n, _)| kept(*n)) {
        nodes.fill(key, &number.to_string(), here).await;
    }
    for (number, told) in nodes.many(&keys).await.iter().enumerate() {
        let bytes = told.as_ref().map(|stored| stored.bytes.to_vec());
        let expected = kept(number).then(|| envelope(here, &number.to_string()));
        assert_eq!(bytes, expected, "{number}");
    }
}

/// A value for node one to fill.
struct Sample {
    key: FullKey,
    bytes: Vec<u8>,
    marks: Marks,
    ttl: Duration,
    checked: Position,
}

impl Sample {
    fn new(text: &str, tags: &[&str], checked: Position) -> Self {
        let marks = tagged(tags);
        Self {
            key: key(text),
            bytes: marked(checked, &marks, text),
            marks,
            ttl: LONG,
            checked,
        }
    }

    fn fill(&self) -> Fill<'_> {
        Fill {
            key: &self.key,
            bytes: &self.bytes,
            marks: &self.marks,
            ttl: self.ttl,
            longest: self.ttl,
            checked: self.checked,
        }
    }
}

impl Nodes {
    /// What becomes of all of these, filled at once.
    async fn fill_many(&self, samples: &[Sample]) -> Vec<Filled> {
        let fills: Vec<Fill<'_>> = samples.iter().map(Sample::fill).collect();
        let filled = self.one.fill_many(&fills).await.expect("many fills");
        assert_eq!(filled.len(), samples.len(), "one outcome for each fill");
        filled
    }
}

pub(super) async fn each_of_many_fills_is_judged_by_itself(nodes: &Nodes) {
    let loaded = nodes.position().await;
    nodes.forget(by_keys(&["users:2"])).await;
    nodes.forget(by_tag("red")).await;
    let here = nodes.position().await;
    let samples = [
        Sample::new("users:1", &[], loaded),
        Sample::new("users:2", &[], loaded),
        Sample::new("users:3", &["blue"], loaded),
        Sample::new("users:4", &["blue", "red"], loaded),
        Sample::new("users:5", &[], elsewhere(here)),
        Sample::new("users:6", &["red"], here),
    ];
    let kept = [true, false, true, false, false, true];
    let outcomes = nodes.fill_many(&samples).await;
    for ((sample, kept), outcome) in samples.iter().zip(kept).zip(outcomes) {
        let expected = if kept { Filled::Kept } else { Filled::Refused };
        assert_eq!(outcome, expected, "{}", sample.key);
        let bytes = nodes.bytes(&sample.key).await;
        assert_eq!(bytes, kept.then(|| sample.bytes.clone()), "{}", sample.key);
    }
    assert_eq!(nodes.fill_many(&[]).await, []);
    // Found by what they go by, as each that was filled alone.
    let record = nodes.forget(by_tag("blue")).await.record;
    nodes.assert_gone(&record, &[key("users:3")]).await;
    nodes.assert_kept(&record, &[key("users:6")]).await;
}

pub(super) async fn each_of_many_fills_has_its_own_lifetime(nodes: &Nodes) {
    let here = nodes.position().await;
    let minutes = [50, 10, 40];
    let samples = minutes.map(|minutes| Sample {
        ttl: Duration::from_secs(minutes * 60),
        ..Sample::new(&format!("users:{minutes}"), &[], here)
    });
    nodes.fill_many(&samples).await;
    let keys: Vec<_> = samples.iter().map(|sample| sample.key.clone()).collect();
    for (stored, minutes) in nodes.many(&keys).await.iter().zip(minutes) {
        let remaining = stored.as_ref().expect("a value").remaining.as_secs();
        let own = (minutes - 10) * 60..=minutes * 60;
        assert!(own.contains(&remaining), "{remaining} s of {minutes} min");
    }
}

pub(super) async fn very_many_are_filled_at_once(nodes: &Nodes) {
    let here = nodes.position().await;
    let sample = |number| Sample::new(&format!("users:{number}"), &["all"], here);
    let samples: Vec<_> = (0..MANY).map(sample).collect();
    assert_eq!(nodes.fill_many(&samples).await, vec![Filled::Kept; MANY]);
    let keys: Vec<_> = samples.iter().map(|sample| sample.key.clone()).collect();
    for (sample, stored) in samples.iter().zip(nodes.many(&keys).await) {
        let bytes = stored.map(|stored| stored.bytes.to_vec());
        assert_eq!(bytes.as_ref(), Some(&sample.bytes), "{}", sample.key);
    }
}
