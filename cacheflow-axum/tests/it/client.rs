//! As much of HTTP/1.1 as the tests need.

use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A request that is put together.
pub(crate) struct Ask {
    method: &'static str,
    path: String,
    headers: String,
    body: String,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: String,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        let json = serde_json::from_str(&self.body);
        json.unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// What is wrong, with what is allowed.
    pub(crate) fn problem(&self) -> (u16, String, String) {
        let json = self.json();
        let error = json["error"].as_str().expect("it says what is wrong");
        (self.status, error.to_owned(), json["allowed"].to_string())
    }
}

impl Ask {
    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self::with("GET", path)
    }

    /// A body of JSON.
    pub(crate) fn post(path: impl Into<String>, body: impl ToString) -> Self {
        let mut ask = Self::with("POST", path);
        ask.body = body.to_string();
        ask.header("Content-Type", "application/json")
    }

    pub(crate) fn with(method: &'static str, path: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            headers: String::new(),
            body: String::new(),
        }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push_str(&format!("{name}: {value}\r\n"));
        self
    }

    pub(crate) fn replace_content_type(mut self, content_type: &str) -> Self {
        self.headers.clear();
        self.header("Content-Type", content_type)
    }

    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header("Authorization", &format!("Bearer {token}"))
    }

    pub(crate) async fn send(self, to: SocketAddr) -> Reply {
        let Self {
            method,
            path,
            headers,
            body,
        } = self;
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {to}\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
        );
        let mut stream = TcpStream::connect(to).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut reply = Vec::new();
        stream.read_to_end(&mut reply).await.unwrap();
        let reply = String::from_utf8(reply).unwrap();
        let (head, body) = reply.split_once("\r\n\r\n").unwrap();
        let (first, headers) = head.split_once("\r\n").unwrap();
        Reply {
            status: first.split(' ').nth(1).unwrap().parse().unwrap(),
            headers: headers.to_ascii_lowercase(),
            body: body.to_owned(),
        }
    }
}
