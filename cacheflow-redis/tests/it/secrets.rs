//! A password is found nowhere.

use std::error::Error as _;
use std::fmt::Debug;

use cacheflow::{Error, ErrorKind};
use cacheflow_redis::RedisBackend;
use cacheflow_testkit::{RedisServer, eventually};

use crate::world::{BOUND, Db, Log, Node, builder_on, impatient, so_far};

const SENTINEL: &str = "hunter2Sentinel";

fn shows_no_secret(what: &str, shown: &str) {
    // Also no part of it that a parser may have cut off.
    for part in [SENTINEL, "hunter2", "Sentinel"] {
        assert!(!shown.contains(part), "{what} shows {part}: {shown}");
    }
}

fn hides(what: &str, value: &impl Debug) {
    shows_no_secret(what, &format!("{value:?}"));
    shows_no_secret(what, &format!("{value:#?}"));
}

fn error_hides(what: &str, error: &Error) {
    hides(what, error);
    shows_no_secret(what, &error.to_string());
    let mut cause = error.source();
    while let Some(error) = cause {
        hides(what, &error);
        shows_no_secret(what, &error.to_string());
        cause = error.source();
    }
}

#[tokio::test]
async fn a_url_that_can_or_cannot_be_read_shows_no_password() {
    for (url, readable) in [
        ("redis://:S@localhost", Some(true)),
        ("redis://user:S@localhost:1234/3", Some(true)),
        ("redis://:S%40S@localhost", Some(true)),
        ("redis://:S@S@localhost", None),
        ("redis://:S@localhost?protocol=resp3", Some(true)),
        ("redis://:S@localhost:port", Some(false)),
        ("redis://:S@localhost:99999", Some(false)),
        ("redis://:S@localhost/database", Some(false)),
        ("redis://:S%zz@localhost", None),
        ("redis://:S%ff@localhost", Some(false)),
        ("redis://:%ffS@localhost", Some(false)),
        ("redis://:S@", Some(false)),
        ("redis://:S", Some(false)),
        ("redis://:S#S@localhost", None),
        ("redis://:S/S@localhost", None),
        ("redis://:S?S@localhost", None),
        ("redis://user:1S/S@localhost", None),
        ("redis://user:12/S@localhost", None),
        ("redis://user:12#S@localhost", None),
        ("redis://user:12?S@localhost", None),
        ("redis://user:12?db=S@localhost", None),
        ("redis://:S@[::1", Some(false)),
        ("redis://:S @local host", None),
        ("rediss://:S@localhost", None),
        ("http://:S@localhost", Some(false)),
        ("S://localhost", Some(false)),
        ("redis:S@localhost", None),
        (":S@localhost:6379", Some(false)),
        ("S", Some(false)),
        ("", Some(false)),
        ("redis+unix:///tmp/x.sock?pass=S", Some(true)),
        ("redis+unix:///tmp/x.sock?pass=S&db=S", None),
        ("unix:///tmp/x.sock?user=u&pass=S&db=x", None),
        ("valkey://:S@localhost:x", Some(false)),
    ] {
        let url = url.replace('S', SENTINEL);
        let opened = RedisBackend::open(&url);
        if let Some(readable) = readable {
            assert_eq!(opened.is_ok(), readable, "{url}: {opened:?}");
        }
        match &opened {
            Ok(backend) => hides(&url, backend),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::InvalidConfig);
                error_hides(&url, error);
            }
        }
    }
}

/// What can be shown of a flow in trouble, at every level of the log.
async fn everything_of(url: &str, is_up: bool) -> String {
    let (log, _guard) = Log::of_this_thread();
    let backend = RedisBackend::open(url).unwrap();
    let mut shown = format!("{backend:?} {:?}", builder_on(backend.clone()));
    let flow = impatient(url).build().await.unwrap();
    let mut events = flow.events();
    let (node, db) = (Node::on(flow), Db::at(1));
    if is_up {
        node.is_good().await;
    } else {
        eventually("the bus was tried again", BOUND, async || {
            log.text().contains("still away")
        })
        .await;
    }
    for key in 0..5 {
        node.get(key, &db).await;
        let _ = node.users.invalidate(&key).await.unwrap();
        let _ = node.users.put(&key, 1).await.unwrap();
    }
    let _ = node.users.clear().await.unwrap();
    shown += &format!("{:?} {:?} {:?}", node.flow, node.users, node.flow.health());
    shown += &format!("{:?}", so_far(&mut events));
    let ended = node
        .flow
        .shutdown(std::time::Duration::from_millis(50))
        .await;
    shown += &format!("{ended:?}");
    shown + &log.text()
}

#[tokio::test]
async fn a_right_password_is_used_and_shown_nowhere() {
    let server = RedisServer::builder().password(SENTINEL).start().await;
    let shown = everything_of(&server.url(), true).await;
    assert!(shown.contains(&server.port().to_string()), "{shown}");
    shows_no_secret("a flow that works", &shown);
}

#[tokio::test]
async fn a_wrong_password_is_a_server_that_is_away_and_shown_nowhere() {
    let server = RedisServer::builder().password("another").start().await;
    for url in [
        format!("redis://:{SENTINEL}@{}", server.addr()),
        format!("redis://{SENTINEL}user:{SENTINEL}@{}", server.addr()),
    ] {
        let shown = everything_of(&url, false).await;
        assert!(shown.contains("the bus is away"), "{shown}");
        assert!(shown.contains("waiting"), "{shown}");
        shows_no_secret("a flow that is turned away", &shown);
    }
}

#[tokio::test]
async fn a_server_that_goes_away_is_told_of_without_its_password() {
    let server = RedisServer::builder().password(SENTINEL).start().await;
    server.kill();
    let shown = everything_of(&server.url(), false).await;
    assert!(shown.contains("the bus is away"), "{shown}");
    shows_no_secret("a flow without its server", &shown);
}

#[tokio::test]
async fn a_right_password_that_needs_escapes_opens_the_server() {
    for password in ["a@b", "a#b", "a/b", "a:b", "a b", "a%40b", "ü?&="] {
        let server = RedisServer::builder().password(password).start().await;
        Node::ready(&server.url()).await;
    }
}
