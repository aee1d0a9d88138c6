use super::*;
use crate::event::ForgottenBy;
use crate::key::{EntryKey, Tag};

fn name(name: &str) -> CacheName {
    CacheName::new(name).unwrap()
}

fn evicted(cache: &str, key: &str, cause: Evicted) -> Event {
    Event::Evicted {
        cache: name(cache),
        key: EntryKey::new(key.as_bytes()),
        cause,
    }
}

fn by_tag(cache: &str, key: &str) -> Event {
    Event::EntryForgotten {
        cache: name(cache),
        key: EntryKey::new(key.as_bytes()),
        by: ForgottenBy::Tag(Tag::new("org:3").unwrap()),
    }
}

fn told(history: &History, key: &str) -> Vec<String> {
    let told = history.of(&FullKey::parse(key).unwrap()).unwrap();
    let noted = told.noted.into_iter();
    noted
        .filter_map(|noted| words::of_entry(&noted.event).or(words::of_all(&noted.event)))
        .collect()
}

fn begun(most: usize) -> (Arc<History>, EventSink) {
    let history = Arc::new(History::default());
    let sink = EventSink::new();
    let (background, _end) = Background::new();
    history.begin(most, &sink, &background);
    (history, sink)
}

#[test]
fn before_it_is_begun_nobody_listens() {
    let sink = EventSink::new();
    let history = History::default();
    sink.tell(|| panic!("made for nobody"));
    assert!(history.of(&FullKey::parse("users:1").unwrap()).is_none());
}

#[test]
fn of_each_cache_as_many_are_kept_as_were_asked_for() {
    let (history, sink) = begun(3);
    for _ in 0..10 {
        sink.tell(|| evicted("users", "1", Evicted::Size));
        sink.tell(|| evicted("pages", "1", Evicted::Expired));
    }
    sink.tell(|| evicted("users", "2", Evicted::Expired));
    assert_eq!(told(&history, "users:1").len(), 2);
    assert_eq!(told(&history, "users:2").len(), 1);
    assert_eq!(told(&history, "pages:1").len(), 3, "a ring of its own");
    assert_eq!(told(&history, "other:1").len(), 0);
}

#[test]
fn what_concerns_all_is_told_of_each_in_its_place() {
    let (history, sink) = begun(3);
    sink.tell(|| evicted("users", "1", Evicted::Size));
    assert_eq!(told(&history, "users:1").len(), 1);
    sink.tell(|| Event::Gap);
    assert_eq!(
        told(&history, "users:1"),
        [
            "left memory: the cache was full",
            "news were missed for good; all of memory was dropped"
        ]
    );
}

#[test]
fn that_an_entry_left_is_not_told_twice() {
    let (history, sink) = begun(9);
    sink.tell(|| evicted("users", "1", Evicted::Forgotten));
    sink.tell(|| evicted("users", "2", Evicted::Forgotten));
    sink.tell(|| by_tag("users", "1"));
    sink.tell(|| evicted("users", "1", Evicted::Forgotten));
    assert_eq!(
        told(&history, "users:1"),
        [
            "forgotten in memory, by the tag org:3",
            "left memory: it was forgotten"
        ],
        "that by its own key, later, is told"
    );
    assert_eq!(told(&history, "users:2"), ["left memory: it was forgotten"]);
}

#[test]
fn what_was_lost_is_counted() {
    let (history, sink) = begun(9);
    for _ in 0..1024 + 7 {
        sink.tell(|| evicted("users", "1", Evicted::Size));
    }
    let told = history.of(&FullKey::parse("users:1").unwrap()).unwrap();
    assert_eq!((told.lost, told.noted.len()), (7, 9));
}
