use super::*;
use crate::event::{Deleted, Forgotten, ForgottenBy};
use crate::key::{EntryKey, Pattern, Tag};

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

fn invalidated(forgotten: Forgotten, remote: bool) -> Event {
    Event::Invalidated {
        forgotten: Arc::new(forgotten),
        deleted: Deleted::default(),
        remote,
    }
}

fn told(history: &History, key: &str) -> Vec<String> {
    let story = history.of(&FullKey::parse(key).unwrap()).unwrap();
    story.told.into_iter().map(|told| told.what).collect()
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
    let story = history.of(&FullKey::parse("users:1").unwrap()).unwrap();
    assert_eq!((story.lost, story.told.len()), (7, 9));
}

#[test]
fn an_invalidation_is_told_of_what_it_names() {
    let (history, sink) = begun(9);
    let key = FullKey::parse("users:1").unwrap();
    sink.tell(|| evicted("users", "1", Evicted::Forgotten));
    sink.tell(|| invalidated(Forgotten::keys([key]), false));
    assert_eq!(
        told(&history, "users:1"),
        ["invalidated by this node, by its key, or one of which it was made"]
    );
    assert!(told(&history, "users:2").is_empty());
    sink.tell(|| {
        let mut forgotten = Forgotten::cache(name("users"));
        forgotten.patterns = vec![Pattern::new("pages:*").unwrap()];
        invalidated(forgotten, true)
    });
    sink.tell(|| invalidated(Forgotten::everything(), true));
    sink.tell(|| invalidated(Forgotten::tags([Tag::new("org:3").unwrap()]), true));
    let everything = "invalidated by another node, with everything";
    assert_eq!(
        told(&history, "users:2"),
        [
            "invalidated by another node, with all of its cache",
            everything
        ]
    );
    assert_eq!(
        told(&history, "pages:1"),
        [
            "invalidated by another node, by the pattern pages:*",
            everything
        ]
    );
}

#[test]
fn by_what_it_was_forgotten_is_told_rather_than_that_it_was() {
    let (history, sink) = begun(9);
    sink.tell(|| by_tag("users", "1"));
    sink.tell(|| invalidated(Forgotten::everything(), false));
    assert_eq!(
        told(&history, "users:1"),
        ["forgotten in memory, by the tag org:3"]
    );
}
