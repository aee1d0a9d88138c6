//! As much of RESP2, Redis' protocol, as one command and its reply need.
//!
//! <https://redis.io/docs/latest/develop/reference/protocol-spec/>

use std::fmt;
use std::io;

use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt};

/// What Redis answered.
#[derive(Clone, PartialEq, Eq)]
pub enum Reply {
    /// A status, such as `OK` or `PONG`.
    Simple(String),
    /// The server's refusal, such as `WRONGTYPE Operation against a key …`.
    Error(String),
    /// A number.
    Integer(i64),
    /// A value; `None` where there is none. Null arrays are `Bulk(None)` as well.
    Bulk(Option<Vec<u8>>),
    /// Several replies.
    Array(Vec<Reply>),
}

impl Reply {
    /// The reply that is this value, to compare with:
    /// `assert_eq!(reply, Reply::bulk("hello"))`.
    pub fn bulk(value: impl Into<Vec<u8>>) -> Reply {
        Reply::Bulk(Some(value.into()))
    }

    /// The text of a status, an error, a number or a value (bytes that are not
    /// UTF-8 appear as `�`); `None` for null and for arrays.
    pub fn text(&self) -> Option<String> {
        match self {
            Reply::Simple(text) | Reply::Error(text) => Some(text.clone()),
            Reply::Integer(number) => Some(number.to_string()),
            Reply::Bulk(Some(bytes)) => Some(String::from_utf8_lossy(bytes).into_owned()),
            Reply::Bulk(None) | Reply::Array(_) => None,
        }
    }
}

/// Readable in a failed assertion: bytes as text.
impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reply::Simple(text) => write!(f, "Simple({text:?})"),
            Reply::Error(text) => write!(f, "Error({text:?})"),
            Reply::Integer(number) => write!(f, "Integer({number})"),
            Reply::Bulk(Some(bytes)) => write!(f, "Bulk(\"{}\")", bytes.escape_ascii()),
            Reply::Bulk(None) => write!(f, "Bulk(None)"),
            Reply::Array(replies) => f.debug_tuple("Array").field(replies).finish(),
        }
    }
}

pub(super) fn request<W: AsRef<[u8]>>(words: &[W]) -> Vec<u8> {
    let mut request = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        let word = word.as_ref();
        request.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
        request.extend_from_slice(word);
        request.extend_from_slice(b"\r\n");
    }
    request
}

pub(super) async fn read_reply(from: &mut (impl AsyncBufRead + Unpin + Send)) -> io::Result<Reply> {
    let line = read_line(from).await?;
    let Some(kind) = line.chars().next().filter(char::is_ascii) else {
        return Err(not_resp(&line));
    };
    let rest = &line[1..];
    match kind {
        '+' => Ok(Reply::Simple(rest.to_owned())),
        '-' => Ok(Reply::Error(rest.to_owned())),
        ':' => Ok(Reply::Integer(rest.parse().map_err(|_| not_resp(&line))?)),
        '$' | '*' if rest == "-1" => Ok(Reply::Bulk(None)),
        '$' => {
            let length: u32 = rest.parse().map_err(|_| not_resp(&line))?;
            let mut bytes = vec![0; length as usize + 2];
            from.read_exact(&mut bytes).await?;
            bytes.truncate(length as usize);
            Ok(Reply::Bulk(Some(bytes)))
        }
        '*' => {
            let length: u32 = rest.parse().map_err(|_| not_resp(&line))?;
            let mut replies = Vec::new();
            for _ in 0..length {
                // Boxed, for the future of an array would contain itself.
                replies.push(Box::pin(read_reply(from)).await?);
            }
            Ok(Reply::Array(replies))
        }
        _ => Err(not_resp(&line)),
    }
}

async fn read_line(from: &mut (impl AsyncBufRead + Unpin)) -> io::Result<String> {
    let mut line = Vec::new();
    from.read_until(b'\n', &mut line).await?;
    let Some(line) = line.strip_suffix(b"\r\n") else {
        return Err(io::ErrorKind::UnexpectedEof.into());
    };
    Ok(String::from_utf8_lossy(line).into_owned())
}

fn not_resp(line: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("not a RESP2 reply: {line:?}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_kind_of_reply_is_read() {
        let mut from: &[u8] =
            b"+OK\r\n-ERR no\r\n:-7\r\n$4\r\n\r\n\xff!\r\n$-1\r\n*2\r\n*-1\r\n*1\r\n$0\r\n\r\n";
        let mut replies = Vec::new();
        while !from.is_empty() {
            replies.push(read_reply(&mut from).await.unwrap());
        }
        assert_eq!(
            replies,
            [
                Reply::Simple("OK".to_owned()),
                Reply::Error("ERR no".to_owned()),
                Reply::Integer(-7),
                Reply::bulk(b"\r\n\xff!"),
                Reply::Bulk(None),
                Reply::Array(vec![Reply::Bulk(None), Reply::Array(vec![Reply::bulk("")])]),
            ]
        );
    }

    #[tokio::test]
    async fn what_is_not_resp_is_an_error() {
        for hostile in [
            "",
            "+OK",
            "HTTP/1.1 400\r\n",
            "é\r\n",
            "$x\r\n",
            "*2\r\n:1\r\n",
            "$5\r\nab",
        ] {
            let reply = read_reply(&mut hostile.as_bytes()).await;
            assert!(reply.is_err(), "{hostile:?} gave {reply:?}");
        }
    }
}
