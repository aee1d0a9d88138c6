//! What a server does when its memory is full.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use cacheflow_testkit::RedisServer;
use tracing_subscriber::fmt::MakeWriter;

use crate::raw::Raw;

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// How many warnings a store gives that connects twice to a server with these
/// options; one without a name takes a command away.
async fn warnings(options: &[(&str, &str)]) -> usize {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_writer(log.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let mut builder = RedisServer::builder();
    let (denied, options): (Vec<_>, Vec<_>) = options.iter().partition(|it| it.0.is_empty());
    for (name, value) in options {
        builder = builder.arg(name, value);
    }
    let raw = Raw::unasked(builder).await;
    for (_, command) in denied {
        raw.redis(&["ACL", "SETUSER", "default", command]).await;
    }
    raw.answers().await;
    raw.redis(&["CLIENT", "KILL", "TYPE", "normal"]).await;
    raw.answers().await;
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    text.lines()
        .filter(|line| line.contains("noeviction"))
        .count()
}

#[tokio::test]
async fn a_server_that_drops_indexes_is_warned_about_once() {
    let small = ("--maxmemory", "64mb");
    let drops = ("--maxmemory-policy", "allkeys-lru");
    let drops_too = ("--maxmemory-policy", "volatile-ttl");
    assert_eq!(warnings(&[]).await, 0);
    assert_eq!(warnings(&[small]).await, 0);
    assert_eq!(warnings(&[drops]).await, 0, "there is no bound");
    assert_eq!(warnings(&[small, drops]).await, 1);
    assert_eq!(warnings(&[small, drops_too]).await, 1);
    let denied = ("", "-config");
    assert_eq!(warnings(&[small, drops, denied]).await, 0);
}
