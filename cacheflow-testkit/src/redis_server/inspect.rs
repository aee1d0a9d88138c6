//! Looking into a server, past whatever client is under test.

use std::io;

use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::resp::{self, Reply};
use super::{RedisServer, process};

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
