//! Looking into a server, past whatever client is under test.

use std::io;
use std::pin::pin;
use std::time::{Duration, Instant};

use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::resp::{self, Reply};
use super::{RedisServer, process};

/// A bound against hanging, not an expectation.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

impl RedisServer {
    /// What the process has printed since it was last started.
    pub fn log(&self) -> String {
        process::log(self.folder.path())
    }

    /// Sends one command over a connection of its own and reads one reply; with a
    /// password it authenticates first.
    ///
    /// It looks at the server past whatever client is under test. An error reply
    /// is a [`Reply::Error`], not an `Err`. There is no time limit: a
    /// [paused](Self::pause) server leaves it hanging, so bound it (with
    /// `tokio::time::timeout`) where that may be. Commands that answer more than
    /// once (`SUBSCRIBE`) or need the same connection (`MULTI`) are not for it.
    ///
    /// # Errors
    ///
    /// When the server cannot be reached, closes the connection, refuses the
    /// password, or answers what is not RESP2.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use cacheflow_testkit::{RedisServer, Reply};
    ///
    /// let server = RedisServer::start().await;
    /// let added = server.command(&["SADD", "tag:{red}", "a", "b"]).await?;
    /// assert_eq!(added, Reply::Integer(2));
    ///
    /// // Keys and values need not be text.
    /// server.command(&[b"SET".as_slice(), b"\xff\x00", b"\x01"]).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn command<W: AsRef<[u8]>>(&self, words: &[W]) -> io::Result<Reply> {
        let stream = TcpStream::connect(self.addr()).await?;
        stream.set_nodelay(true)?;
        let mut stream = BufReader::new(stream);
        if let Some(password) = &self.options.password {
            stream
                .write_all(&resp::request(&["AUTH", password]))
                .await?;
            if let Reply::Error(refusal) = resp::read_reply(&mut stream).await? {
                return Err(io::Error::new(io::ErrorKind::PermissionDenied, refusal));
            }
        }
        stream.write_all(&resp::request(words)).await?;
        resp::read_reply(&mut stream).await
    }

    /// Asks for one reply that is no refusal, and not for ever; whatever is wrong
    /// comes as text.
    pub(super) async fn ask<W: AsRef<[u8]>>(&self, words: &[W]) -> Result<Reply, String> {
        let started = Instant::now();
        let mut asking = pin!(self.command(words));
        let wrong = loop {
            let left = ANSWER_WITHIN.saturating_sub(started.elapsed());
            match tokio::time::timeout(left, &mut asking).await {
                Ok(Ok(Reply::Error(refusal))) => break refusal,
                Ok(Ok(reply)) => return Ok(reply),
                Ok(Err(error)) => break error.to_string(),
                Err(_) if left.is_zero() => break format!("no answer within {ANSWER_WITHIN:?}"),
                // Under a paused clock a timeout may strike early.
                Err(_) => {}
            }
        };
        let words: Vec<&[u8]> = words.iter().map(AsRef::as_ref).collect();
        let asked = words.join(b" ".as_slice());
        let port = self.port();
        Err(format!(
            "port {port}, asked {}: {wrong}",
            asked.escape_ascii()
        ))
    }

    /// Like [`ask`](Self::ask), of a server that has to answer.
    pub(super) async fn demand<W: AsRef<[u8]>>(&self, words: &[W]) -> Reply {
        let asked = self.ask(words).await;
        asked.unwrap_or_else(|wrong| panic!("{wrong}; the log:\n{}", self.log()))
    }

    /// The lines `name:value` that this command answers.
    pub(super) async fn fields(&self, words: &[&str]) -> Result<Fields, String> {
        Ok(Fields::of(&self.ask(words).await?))
    }

    /// All keys of database 0, sorted; bytes that are not UTF-8 appear as `�`.
    ///
    /// Read with `SCAN`: while others write, keys that come or go meanwhile may or
    /// may not be there.
    ///
    /// # Panics
    ///
    /// When the server cannot be asked.
    pub async fn keys(&self) -> Vec<String> {
        let mut keys = Vec::new();
        let mut cursor = "0".to_owned();
        loop {
            let reply = self.command(&["SCAN", &cursor, "COUNT", "1000"]).await;
            let Ok(Reply::Array(answer)) = &reply else {
                panic!("SCAN answered {reply:?}")
            };
            let [next, Reply::Array(found)] = answer.as_slice() else {
                panic!("SCAN answered {reply:?}")
            };
            keys.extend(found.iter().filter_map(Reply::text));
            cursor = next.text().unwrap_or_default();
            if cursor == "0" {
                break;
            }
        }
        keys.sort();
        // SCAN may return a key more than once.
        keys.dedup();
        keys
    }

    /// Empties all databases (`FLUSHALL`).
    ///
    /// # Panics
    ///
    /// When the server cannot be asked.
    pub async fn flush_all(&self) {
        let reply = self.command(&["FLUSHALL"]).await;
        assert!(
            matches!(reply, Ok(Reply::Simple(_))),
            "FLUSHALL answered {reply:?}"
        );
    }
}

/// Lines `name:value`, as `INFO` answers them.
pub(super) struct Fields(String);

impl Fields {
    pub(super) fn of(reply: &Reply) -> Fields {
        Fields(reply.text().unwrap_or_default())
    }

    /// Empty where there is no such line.
    pub(super) fn get(&self, name: &str) -> &str {
        let mut pairs = self.0.lines().filter_map(|line| line.split_once(':'));
        let found = pairs.find(|(field, _)| *field == name);
        found.map_or("", |(_, value)| value)
    }

    /// 0 where there is no such number.
    pub(super) fn number(&self, name: &str) -> u64 {
        self.get(name).parse().unwrap_or(0)
    }

    /// An error that names the field if it has another value.
    pub(super) fn expect(&self, name: &str, value: &str) -> Result<(), String> {
        let found = self.get(name);
        if found == value {
            return Ok(());
        }
        Err(format!("{name} is {found:?}, not {value:?}"))
    }

    pub(super) fn contains(&self, text: &str) -> bool {
        self.0.contains(text)
    }
}
