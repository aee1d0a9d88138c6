//! The README's lines of `curl`, against the service itself.
//!
//! Each says in a comment which status it gets, and a piece of the answer. They are read here and
//! sent over a socket, since a machine that tests need not have `curl`; where there is one, it is
//! given the same lines as they stand, and has to be answered the same.

use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

use cacheflow_testkit::eventually;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const README: &str = include_str!("../../README.md");

/// Where the README has the service.
const ADDRESS: &str = "localhost:8087";

const TOKEN: &str = "choose-one-of-your-own";

/// A line, and what it says of its answer.
#[derive(Debug)]
struct Line {
    command: String,
    status: u16,
    piece: String,
}

/// What the command asks.
#[derive(Debug, Default, PartialEq)]
struct Asked {
    method: String,
    path: String,
    headers: Vec<String>,
    body: String,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_line_of_the_readme_gets_what_it_says() {
    let lines = lines();
    assert!(lines.len() >= 8, "the README has lines: {lines:?}");
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let at = listener.local_addr().unwrap();
    let flow = crate::flow(None).await.unwrap();
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let served = tokio::spawn(async move {
        let ended = async move { drop(ended.await) };
        crate::serve(listener, &flow, TOKEN, ended).await
    });
    let with_curl = Command::new("curl").arg("--version").output().is_ok();
    for line in &lines {
        is_answered_as_it_says(at, line).await;
        if with_curl {
            curl_is_answered_the_same(at, line).await;
        } else {
            println!("no curl here: {} was read and sent", line.command);
        }
    }
    end.send(()).unwrap();
    served.await.unwrap().unwrap();
}

/// The service has been serving for a moment only, so what a line tells may be true in a
/// moment.
async fn is_answered_as_it_says(at: SocketAddr, line: &Line) {
    let asked = asked(&line.command);
    let is_so = async || {
        let (status, answer) = sent(at, &asked).await;
        assert_eq!(status, line.status, "{line:?}: {answer}");
        answer.contains(&line.piece)
    };
    eventually(&line.piece, Duration::from_secs(30), is_so).await;
}

async fn curl_is_answered_the_same(at: SocketAddr, line: &Line) {
    let command = line.command.replace(ADDRESS, &at.to_string());
    let command = format!("{command} -w '\\n%{{http_code}}'");
    let output = tokio::task::spawn_blocking(move || {
        let mut shell = Command::new("sh");
        shell
            .args(["-c", &command])
            .env("ADMIN_TOKEN", TOKEN)
            .output()
    });
    let output = output.await.unwrap().unwrap();
    let output = String::from_utf8(output.stdout).unwrap();
    let (answer, status) = output.rsplit_once('\n').unwrap();
    assert_eq!(status, line.status.to_string(), "{line:?}: {answer}");
    assert!(answer.contains(&line.piece), "{line:?}: {answer}");
}

/// All lines of `curl` in the README: a comment behind them says `200 piece of the answer`.
fn lines() -> Vec<Line> {
    let lines = README.lines().filter(|line| line.starts_with("curl "));
    let lines = lines.map(|line| {
        let (command, said) = line
            .rsplit_once(" # ")
            .unwrap_or_else(|| panic!("what comes of {line:?}?"));
        let (status, piece) = said.split_once(' ').unwrap();
        Line {
            command: command.trim().to_owned(),
            status: status.parse().unwrap(),
            piece: piece.to_owned(),
        }
    });
    lines.collect()
}

/// Reads a command; what is not known here is a fault of the README, or of this.
fn asked(command: &str) -> Asked {
    let mut asked = Asked::default();
    let mut words = words(command).into_iter().skip(1);
    while let Some(word) = words.next() {
        let mut next = || words.next().expect("something behind an option");
        match &*word {
            "-s" | "-sS" => {}
            "-H" => asked.headers.push(next().replace("$ADMIN_TOKEN", TOKEN)),
            "-X" => asked.method = next(),
            "-d" => asked.body = next(),
            option if option.starts_with('-') => panic!("{option} in {command:?}"),
            url => {
                let path = url.strip_prefix(ADDRESS).expect("the service's address");
                asked.path = path.to_owned();
            }
        }
    }
    if asked.method.is_empty() {
        let method = if asked.body.is_empty() { "GET" } else { "POST" };
        asked.method = method.to_owned();
    }
    asked
}

/// The words of a line, as a shell has them: parts in quotes are one.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for c in line.chars() {
        match (quote, c) {
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), _) if open == c => quote = None,
            (None, ' ') => words.push(String::new()),
            _ => words.last_mut().unwrap().push(c),
        }
    }
    assert_eq!(quote, None, "a quote is open in {line:?}");
    words.retain(|word| !word.is_empty());
    words
}

async fn sent(to: SocketAddr, asked: &Asked) -> (u16, String) {
    let Asked {
        method,
        path,
        headers,
        body,
    } = asked;
    let headers: String = headers
        .iter()
        .map(|header| format!("{header}\r\n"))
        .collect();
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {to}\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
    );
    let mut stream = TcpStream::connect(to).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap();
    (status.parse().unwrap(), body.to_owned())
}

#[test]
fn a_command_is_read_as_a_shell_reads_it() {
    let command =
        r#"curl -s -X POST -H "X: $ADMIN_TOKEN y" -d '{"all": "a b"}' localhost:8087/a?b=c"#;
    assert_eq!(
        asked(command),
        Asked {
            method: "POST".to_owned(),
            path: "/a?b=c".to_owned(),
            headers: vec![format!("X: {TOKEN} y")],
            body: r#"{"all": "a b"}"#.to_owned(),
        }
    );
}
