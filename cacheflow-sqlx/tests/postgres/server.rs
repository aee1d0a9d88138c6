//! A server that speaks as much of PostgreSQL's protocol as transactions need: it
//! notes what it is asked, and does to a commit what a test wants.

use std::sync::{Arc, Mutex};

use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgSslMode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// What becomes of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnCommit {
    Answer,
    /// It cannot be done.
    Refuse,
    /// It is done, and the answer is lost.
    HangUp,
    /// It is done, and the answer does not come.
    Silence,
}

#[derive(Clone)]
pub(crate) struct Server {
    asked: Arc<Mutex<Vec<String>>>,
    committed: Arc<Notify>,
    port: u16,
}

impl Server {
    pub(crate) async fn start(on_commit: OnCommit) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            asked: Arc::default(),
            committed: Arc::default(),
            port: listener.local_addr().unwrap().port(),
        };
        let serving = server.clone();
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let server = serving.clone();
                tokio::spawn(async move { server.serve(connection, on_commit).await });
            }
        });
        server
    }

    pub(crate) async fn pool(&self) -> PgPool {
        let options = PgConnectOptions::new_without_pgpass()
            .host("127.0.0.1")
            .port(self.port)
            .username("test")
            .ssl_mode(PgSslMode::Disable);
        let pool = PgPoolOptions::new().max_connections(1);
        pool.connect_with(options).await.unwrap()
    }

    /// All that it was asked.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    /// Waits until it was asked to commit.
    pub(crate) async fn committed(&self) {
        self.committed.notified().await;
    }

    async fn serve(&self, mut connection: TcpStream, on_commit: OnCommit) -> Option<()> {
        let length = connection.read_u32().await.ok()?;
        read(&mut connection, length).await?;
        // Welcome, and ready for a question.
        let mut welcome = message(b'R', &0_u32.to_be_bytes());
        welcome.extend(message(b'Z', b"I"));
        connection.write_all(&welcome).await.ok()?;
        let mut status = b"I";
        loop {
            let kind = connection.read_u8().await.ok()?;
            let length = connection.read_u32().await.ok()?;
            let body = read(&mut connection, length).await?;
            if kind == b'S' {
                // A pool asks whether anybody is there.
                connection.write_all(&message(b'Z', status)).await.ok()?;
            }
            if kind != b'Q' {
                continue;
            }
            let query = String::from_utf8_lossy(body.strip_suffix(b"\0")?).into_owned();
            let answer = match (query.as_str(), on_commit) {
                ("COMMIT", OnCommit::Refuse) => {
                    message(b'E', b"SERROR\0VERROR\0C40001\0Mtry again\0\0")
                }
                _ => message(b'C', b"DONE\0"),
            };
            // Whether it is in a transaction now.
            status = match query.as_str() {
                "BEGIN" => b"T",
                "COMMIT" | "ROLLBACK" => b"I",
                _ => status,
            };
            let is_commit = query == "COMMIT";
            self.asked.lock().unwrap().push(query);
            if is_commit {
                self.committed.notify_one();
                match on_commit {
                    OnCommit::HangUp => return None,
                    OnCommit::Silence => std::future::pending().await,
                    OnCommit::Answer | OnCommit::Refuse => {}
                }
            }
            let mut answer = answer;
            answer.extend(message(b'Z', status));
            connection.write_all(&answer).await.ok()?;
        }
    }
}

/// What follows a length, which counts itself.
async fn read(connection: &mut TcpStream, length: u32) -> Option<Vec<u8>> {
    let mut body = vec![0; usize::try_from(length).ok()?.checked_sub(4)?];
    connection.read_exact(&mut body).await.ok()?;
    Some(body)
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).unwrap();
    [&[kind], length.to_be_bytes().as_slice(), body].concat()
}
